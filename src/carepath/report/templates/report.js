// The page is whole without this: charts are drawn, tables are there. This adds tooltips to the
// charts that come into view, and unfolds the tables for paper.
{
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const options = { renderer: "svg", actions: false, ast: true, tooltip: { theme: "report" } };

  const enliven = async (shape) => {
    const live = document.createElement("div");
    try {
      await window.vegaEmbed(live, specs[shape.dataset.spec], options);
      shape.replaceChildren(live);
    } catch (error) {
      // The picture that is already there stays.
      console.warn(error);
    }
  };

  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((found) => found.isIntersecting)) {
      watcher.unobserve(entry.target);
      enliven(entry.target);
    }
  });
  document.querySelectorAll("[data-spec]").forEach((shape) => watcher.observe(shape));

  const folded = () => document.querySelectorAll("details.rows:not([open])");
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...folded()];
    opened.forEach((details) => (details.open = true));
  });
  window.addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
}
