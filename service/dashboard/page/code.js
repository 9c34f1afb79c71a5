/** A request as developers write it. */

export function curl(api, request) {
  return `curl -s ${api}v1/briefs \\
  -H 'Content-Type: application/json' \\
  \${NEWSBRIEF_KEY:+-H "Authorization: Bearer $NEWSBRIEF_KEY"} \\
  -d @- <<'JSON'
${JSON.stringify(request, null, 2)}
JSON`;
}

/** JSON without true, false and null is Python too. */
export function python(api, request) {
  return `import os

import msgspec
from service.client import ArticleIn, NewsbriefClient, OptionsIn

articles = ${JSON.stringify(request.articles, null, 4)}
options = ${JSON.stringify(request.options, null, 4)}

with NewsbriefClient("${api.replace(/\/$/, "")}", key=os.environ.get("NEWSBRIEF_KEY")) as client:
    brief = client.brief(msgspec.convert(articles, list[ArticleIn]), msgspec.convert(options, OptionsIn))
for sentence in brief.sentences:
    print(sentence.text, [cited.article_id for cited in sentence.citations])`;
}

export function snippet(api, src) {
  return `<script type="module" src="${api}embed/news-brief.js"></script>
<news-brief src="${src}"></news-brief>
<script type="module">
  document.querySelector("news-brief").token = () => fetch("/my/newsbrief-key").then((answer) => answer.text());
</script>`;
}
