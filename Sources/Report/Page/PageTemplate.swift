/// The page's frame; every value is escaped by `PageText`'s content type unless it has three braces.
enum PageTemplate {
    /// The whole page.
    static let page = """
        {{% CONTENT_TYPE:PAGE}}<!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>{{title}} – visiobench</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <main>
        <header class="{{state}}">
        <p class="eyebrow">visiobench report · <bdi>{{title}}</bdi>{{#started}} · {{started}}{{/started}}</p>
        <h1><span class="word">{{word}}:</span> <bdi>{{sentence}}</bdi></h1>
        </header>

        <section aria-labelledby="promises">
        <h2 id="promises">{{text.promises}}</h2>
        {{#hasPromises}}<div class="scroll"><table class="promises"><thead><tr><th scope="col"></th><th scope="col">promise</th>\
        <th scope="col" class="n">figure</th><th scope="col" class="n">limit</th>\
        <th scope="col">95 % interval</th><th scope="col">how near</th><th scope="col" class="n">values</th></tr></thead><tbody>
        {{#judgements}}<tr class="{{outcome}}"><td class="mark">{{mark}} {{outcomeWord}}</td><td><code>{{threshold}}</code></td>\
        <td class="n">{{figure}}</td><td class="n">{{limit}}</td><td>{{interval}}</td><td>{{{bar}}}</td>\
        <td class="n">{{count}}</td></tr>
        {{/judgements}}</tbody></table></div>{{/hasPromises}}{{^hasPromises}}<p>{{text.noPromises}}</p>{{/hasPromises}}
        </section>

        <section class="cards" aria-label="four figures">
        {{#cards}}<div class="card"><h3>{{name}}</h3><p class="figure">{{figure}}<span class="unit"> {{unit}}</span></p>\
        {{{spark}}}<p class="note">{{note}}</p></div>
        {{/cards}}</section>
        <section class="trust {{validityState}}"><p><strong>{{validityWord}}</strong> {{validityText}}</p>
        <p>{{precision}}</p>
        {{#notes}}<p class="warning">{{.}}</p>
        {{/notes}}</section>

        <section aria-labelledby="course">
        <h2 id="course">{{text.course}}</h2>
        <p class="lead">{{text.courseLead}}</p>
        {{#course}}{{> figure}}
        {{/course}}</section>

        {{#isServerKnown}}<section aria-labelledby="server">
        <h2 id="server">{{text.server}}</h2>
        <p class="lead">{{text.serverLead}}</p>
        {{#account}}{{#failures}}<p class="warning">{{.}}</p>
        {{/failures}}{{/account}}
        {{#server}}{{> figure}}
        {{/server}}
        {{#account}}{{#hasCounts}}<h3>{{text.counts}}</h3>
        <p class="lead">{{text.countsLead}}{{#isShard}} {{text.countsShard}}{{/isShard}}</p>
        {{{counts}}}{{/hasCounts}}
        {{#censuses}}<h3>{{text.census}} {{moment}}</h3>
        {{{table}}}
        {{/censuses}}{{/account}}
        </section>

        {{/isServerKnown}}<section aria-labelledby="people">
        <h2 id="people">{{text.people}}</h2>
        <p class="lead">{{text.peopleLead}}</p>
        {{#people}}{{> figure}}
        {{/people}}
        <h3>{{text.cohorts}}</h3>
        {{{cohorts}}}
        {{#hasDeeds}}<h3>{{text.deeds}}</h3>
        <p class="lead">{{text.deedsLead}}</p>
        {{{deeds}}}{{/hasDeeds}}
        {{#hasAnswers}}<h3>{{text.answers}}</h3>
        <p class="lead">{{text.answersLead}}</p>
        {{{answers}}}{{/hasAnswers}}
        <h3>{{text.losses}}</h3>
        <p class="lead">{{text.lossesLead}}</p>
        {{{losses}}}
        <h3>{{text.worst}}</h3>
        <p class="lead">{{text.worstLead}}</p>
        <ol class="worst">
        {{#worst}}<li><p><strong><bdi>{{name}}</bdi></strong> <span class="soft">no. {{number}}, {{role}}, room \
        <bdi>{{room}}</bdi></span> {{summary}}</p>{{{line}}}<p class="story">{{story}}</p></li>
        {{/worst}}</ol>
        </section>

        <section aria-labelledby="evidence">
        <h2 id="evidence">{{text.evidence}}</h2>
        {{{facts}}}
        <details><summary>{{text.scenario}}</summary><pre><bdi>{{scenario}}</bdi></pre></details>
        <details><summary>{{text.plan}}</summary>{{{plan}}}</details>
        <details><summary>{{text.paths}}</summary>{{{paths}}}</details>
        <details><summary>{{text.malformed}}</summary>{{#hasMalformed}}{{{malformed}}}{{/hasMalformed}}\
        {{^hasMalformed}}<p>{{text.noMalformed}}</p>{{/hasMalformed}}</details>
        <details><summary>{{text.queries}}</summary><p>{{text.queriesLead}}</p><pre>{{queries}}</pre></details>
        <details><summary>{{text.definitions}}</summary><dl>{{#definitions}}<dt>{{term}}</dt><dd>{{meaning}}</dd>\
        {{/definitions}}</dl></details>
        </section>
        </main>
        </body>
        </html>

        """

    /// A figure with its finding, its drawing and its data.
    static let figure = """
        <figure id="{{name}}"><figcaption><h3>{{title}}</h3></figcaption>
        {{#svg}}<div class="plot">{{{svg}}}</div>{{/svg}}{{^svg}}<p class="alternative">{{alternative}}</p>{{/svg}}
        <details{{#open}} open{{/open}}><summary>{{summary}}</summary><p>{{quantity}}. {{alternative}}</p>{{{table}}}\
        <pre>{{query}}</pre></details>
        </figure>

        """
}
