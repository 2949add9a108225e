/*
 * How the search of the site ranks pages; Sphinx puts this behind its own searchtools.js (`html_search_scorer`).
 *
 * Sphinx looks whether a word stands in a heading of a page, or somewhere on it, which most words do on the longest pages. So two things
 * are added: what docs/index.md says of a page (ABOUT, which ranking.py writes above), and that a page which shows how to do something
 * answers a question sooner than one that lists or explains.
 */
const KINDS = [
  // The first that a page's name begins with; the others get nothing.
  ["docs/tutorials/workshop/", 0],
  ["docs/tutorials/", 12],
  ["docs/how-to/", 12],
  ["plugins/", 6],
  ["docs/reference/", 3],
  ["docs/explanation/design", -8],
  ["docs/explanation/dependencies", -8],
  ["docs/explanation/htcondor-findings", -8],
  ["CHANGELOG", -8],
  ["CONTRIBUTING", -8],
];
const SAID = 20; // of a page of which the index says all words of the query

const stems = (text) => {
  const stemmer = new Stemmer();
  const words = splitQuery(text.toLowerCase()).filter((word) => !stopwords.has(word));
  return new Set(words.map((word) => stemmer.stemWord(word)));
};

Scorer.score = ([page, title, _anchor, _description, score]) => {
  const asked = stems(new URLSearchParams(window.location.search).get("q") ?? "");
  const about = stems(`${title.split(" > ")[0]} ${ABOUT[page] ?? ""}`);
  const said = [...asked].filter((word) => about.has(word)).length;
  const [, ofKind] = KINDS.find(([name]) => page.startsWith(name)) ?? ["", 0];
  return score + ofKind + (asked.size ? (SAID * said) / asked.size : 0);
};
