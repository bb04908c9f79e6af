// While a title is being typed, what was asked before in nearly these words.
export function lookForSimilar(place, enhance) {
  const box = document.querySelector(place.dataset.similarOf);
  let timer = 0;
  let turn = 0;
  box?.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.isComposing) return;
    timer = setTimeout(async () => {
      const mine = ++turn;
      const answer = await fetch(`${place.dataset.similarUrl}?title=${encodeURIComponent(box.value)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer?.ok || mine !== turn) return;
      place.innerHTML = await answer.text();
      enhance(place);
    }, 400);
  });
}
