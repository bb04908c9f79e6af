// The rule that is chosen, or a ready-made reason, becomes the reason, as long as nobody has written one of their own.
export function offerReasons(root) {
  const [rule, words] = [root.querySelector('[name="rule_id"]'), root.querySelector('[name="reason"]')];
  const stock = root.querySelector("[data-stock]");
  let offered = words.value;
  const offer = (text) => {
    if (words.value.trim() && words.value !== offered) return;
    words.value = offered = text;
  };
  rule.addEventListener("change", () => {
    offer(root.querySelector(`template[data-rule="${rule.value}"]`)?.content.textContent ?? "");
  });
  if (!stock) return;
  stock.hidden = false;
  stock.querySelector("select").addEventListener("change", (event) => {
    if (event.target.value) words.value = offered = event.target.value;
  });
}
