// The page: one moment at a time.

const byId = (id) => document.getElementById(id);
const story = new Story(readRecord(byId('record').textContent));
const formula = formulaOf(story);
byId('formula').append(...formula.lines);

function showElements(i) {
  const step = story.steps[i];
  byId('elements_title').textContent =
    `${story.name(i)}: ${shapeText(step.shape, step.count)}${step.shape ? '' : ' elements'}`;
  byId('elements_body').replaceChildren(elementsTable('Values', step.values, step.shape));
  const adjoints = story.adjoints(i, moment);
  if (adjoints !== undefined) byId('elements_body').append(elementsTable('Adjoints so far', adjoints, step.shape));
  byId('elements').showModal();
}

const tape = new Tape(story, byId('tape'), showElements);
const graph = story.steps.length <= mostNodes ? new Graph(story, byId('canvas'), byId('graph')) : null;
if (graph === null)
  byId('canvas').replaceChildren(
    make('p', {}, `${story.steps.length} steps are too many to draw; the tape has them all.`)
  );

const slider = byId('slider');
slider.max = story.endAt;
document.body.style.setProperty('--seam', `${((story.seedAt - 0.5) / story.endAt) * 100}%`);

const lineHeight = 29;
let moment = 0,
  timer = null;

function go(to) {
  moment = Math.min(Math.max(to, 0), story.endAt);
  const current = story.moments[moment];
  document.body.className = moment >= story.seedAt ? 'sweep' : 'recording';
  document.body.dataset.moment = moment;
  if (graph) graph.show(moment, current);
  tape.show(moment, current);
  formula.places.forEach((places, i) => {
    for (const place of places) {
      place.classList.toggle(
        'now',
        current.step === i && (place.classList.contains('part') || place.classList.contains('name'))
      );
      place.classList.toggle('todo', story.recordedAt[i] > moment);
    }
  });
  const spot = current.step === undefined ? undefined : formula.places[current.step][0];
  const row = (spot ?? byId('formula').firstElementChild).closest('.line');
  byId('formula').scrollTop = row.offsetTop - lineHeight;
  const told = tell(story, moment, showElements);
  byId('phase').textContent = told.title;
  byId('telling').replaceChildren(...told.sums);
  byId('telling').scrollTop = 0;
  byId('said').textContent = `${told.title}. ${told.words}`;
  byId('count').textContent = `${moment} / ${story.endAt}`;
  slider.value = moment;
  slider.setAttribute('aria-valuetext', told.title);
  byId('first').disabled = byId('back').disabled = moment === 0;
  byId('last').disabled = byId('next').disabled = moment === story.endAt;
  if (moment === story.endAt) pause();
}

function pause() {
  clearInterval(timer);
  timer = null;
  byId('play').textContent = 'Play';
  byId('play').setAttribute('aria-pressed', 'false');
}

function play() {
  if (timer !== null) return pause();
  if (moment === story.endAt) go(0);
  byId('play').textContent = 'Pause';
  byId('play').setAttribute('aria-pressed', 'true');
  timer = setInterval(() => go(moment + 1), story.endAt > 100 ? 400 : 1400);
}

const act = (action) => () => {
  pause();
  action();
};
const actions = {
  ArrowRight: act(() => go(moment + 1)),
  ArrowLeft: act(() => go(moment - 1)),
  Home: act(() => go(0)),
  End: act(() => go(story.endAt)),
  ' ': play
};
for (const [id, key] of Object.entries({
  first: 'Home',
  back: 'ArrowLeft',
  play: ' ',
  next: 'ArrowRight',
  last: 'End'
}))
  byId(id).addEventListener('click', actions[key]);
slider.addEventListener(
  'input',
  act(() => go(Number(slider.value)))
);
document.addEventListener('keydown', (event) => {
  const isElsewhere = event.ctrlKey || event.altKey || event.metaKey || byId('elements').open;
  const isPress = event.key === ' ' && event.target instanceof HTMLButtonElement;
  if (isElsewhere || isPress || !Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
});

/** Whatever stands for a step lights up with all the rest that does. */
function hover(i) {
  for (const one of [graph && graph.nodes, tape.rows])
    if (one)
      one.forEach((place, k) => {
        if (Boolean(place.isHovered) === (k === i)) return;
        place.isHovered = k === i;
        place.element.classList.toggle('hovered', k === i);
      });
  formula.places.forEach((places, k) => places.forEach((place) => place.classList.toggle('hovered', k === i)));
  byId('hint').textContent =
    i === null
      ? ''
      : [
          `${story.name(i)}: ${story.steps[i].label}, ${story.valueText(i)}`,
          story.adjointText(i, moment) && `adjoint ${story.adjointText(i, moment)}`,
          story.place(i)
        ]
          .filter((text) => text !== '')
          .join(' · ');
}
let hovered = null;
document.addEventListener('pointerover', (event) => {
  const place = event.target.closest('[data-step]');
  const i = place === null ? null : Number(place.dataset.step);
  if (i === hovered) return;
  hover((hovered = i));
  if (i !== null && place.classList.contains('node')) tape.reveal(i);
});

if (graph) {
  byId('graph').addEventListener('click', (event) => {
    const node = event.target.closest('.node');
    if (node !== null && story.steps[node.dataset.step].count > 1) showElements(Number(node.dataset.step));
  });
  byId('smaller').addEventListener('click', () => graph.zoomBy(0.8));
  window.addEventListener('resize', () => {
    graph.sizing();
    graph.show(moment, story.moments[moment]);
  });
  byId('larger').addEventListener('click', () => graph.zoomBy(1.25));
  byId('whole').addEventListener('click', () => graph.whole());
  byId('canvas').addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      graph.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1);
    },
    {passive: false}
  );
  byId('canvas').addEventListener('pointermove', (event) => {
    if (event.buttons === 1 && event.pointerType === 'mouse')
      byId('canvas').scrollBy(-event.movementX, -event.movementY);
  });
}

// page.html#12 opens at the twelfth step.
const fromAddress = () => go(Number.parseInt(location.hash.slice(1), 10) || 0);
window.addEventListener('hashchange', fromAddress);
fromAddress();
