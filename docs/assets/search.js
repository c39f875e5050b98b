// What is typed into the search box is taken as words. The search itself reads signs: a minus in
// front means "without", so that `--interval` would find nothing. It finds what begins like a word,
// so endings are cut off: "jumps" finds "jump" and "jumping". Words that are everywhere say nothing.
const EVERYWHERE = new Set(
  ("a about an and any are as at be but by can do does for from get has have how i if in into is " +
    "it its me my no not of on one or other out so than that the then there they this to was " +
    "what when where which who why will with you your").split(" "),
);
const ENDING = /(?<=[a-z]{4})(?:ies|ing|ed|es|s|e)$/;

function words(query) {
  const typed = query
    .toLowerCase()
    .split(/[^\p{L}\p{N}_.]+/u)
    .map((word) => word.replace(/^[._]+|[._]+$/g, ""))
    .filter(Boolean);
  const telling = typed.filter((word) => word.length > 1 && !EVERYWHERE.has(word));
  return (telling.length ? telling : typed).map((word) => word.replace(ENDING, "")).join(" ");
}

window.Worker = class extends window.Worker {
  postMessage(message, ...more) {
    const question = message?.type === 2 && typeof message.data === "string";
    super.postMessage(question ? { ...message, data: words(message.data) } : message, ...more);
  }
};
