// The expression, as a program would have it: one line for each step that has a name or is used more than once.
//
//     h = tanh(w * x + b)
//     loss = square(h - y) + 0.1 * h

const mostInLine = 24; // steps
const mostOperands = 8; // of one step
const ranks = new Map([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2]
]);

/** Which steps have a line of their own. */
function formulaLines(story) {
  const {steps, edges, edgesInto} = story;
  const uses = steps.map(() => 0);
  const isLine = steps.map((step) => step.kind !== 'variable' && step.name !== '');
  for (const edge of edges) {
    const operand = steps[edge.to].operands[edge.operand];
    if (++uses[edge.from] > 1 || operand.count !== steps[edge.from].count)
      isLine[edge.from] = steps[edge.from].kind !== 'variable';
  }
  const size = steps.map(() => 1);
  steps.forEach((step, i) => {
    if (step.kind === 'variable') return;
    if (uses[i] === 0) isLine[i] = true;
    const inside = edgesInto[i]
      .slice(0, mostOperands)
      .map((edge) => edge.from)
      .filter((from) => !isLine[from]);
    for (const edge of edgesInto[i].slice(mostOperands)) isLine[edge.from] = steps[edge.from].kind !== 'variable';
    inside.sort((a, b) => size[a] - size[b]);
    for (const from of inside) {
      if (steps[from].kind !== 'variable' && size[i] + size[from] > mostInLine) isLine[from] = true;
      else size[i] += size[from];
    }
  });
  return isLine;
}

/** The formula as elements, and for each step the elements that stand for it. */
function formulaOf(story) {
  const isLine = formulaLines(story);
  const places = story.steps.map(() => []);
  const spot = (i, kind, ...children) => {
    const element = make('span', {class: kind, 'data-step': i}, ...children);
    places[i].push(element);
    return element;
  };
  const rank = (step) =>
    step.operands.length > 1 && step.kind !== 'untraced' ? (ranks.get(step.label) ?? 9) : step.label === '-' ? 3 : 9;

  function operandOf(i, k) {
    const operand = story.steps[i].operands[k];
    const edges = story.edgesInto[i].filter((edge) => edge.operand === k);
    const text = story.operandName(i, k);
    if (operand.slot === null)
      return {element: make('span', {class: 'plain'}, text), rank: operand.value < 0 ? 0 : 9};
    if (edges.length !== 1) return {element: make('span', {}, text), rank: 9};
    const from = edges[0].from,
      made = story.steps[from];
    if (made.kind === 'variable' || isLine[from]) return {element: spot(from, 'use', text), rank: 9};
    return {element: expression(from), rank: rank(made)};
  }
  function expression(i) {
    const step = story.steps[i],
      own = rank(step);
    const shown = Math.min(step.operands.length, mostOperands);
    const operands = Array.from({length: shown}, (_, k) => operandOf(i, k));
    const closed = ({element, rank}, atLeast) => (rank < atLeast ? ['(', element, ')'] : [element]);
    const operator = spot(i, 'operator', step.label === '-' ? '−' : step.label);
    if (own === 3) return spot(i, 'part', operator, ...closed(operands[0], 3));
    if (own < 3) {
      return spot(
        i,
        'part',
        ...operands.flatMap((one, k) =>
          k === 0
            ? closed(one, own)
            : [k === 1 ? [' ', operator, ' '] : ` ${step.label} `, closed(one, own + 1)].flat()
        )
      );
    }
    const inside = operands.flatMap((one, k) => (k === 0 ? [one.element] : [', ', one.element]));
    if (shown < step.operands.length) inside.push(`, … ${step.operands.length - shown} more`);
    return spot(i, 'part', operator, '(', ...inside, ')');
  }

  const lines = [];
  story.steps.forEach((step, i) => {
    if (!isLine[i] && !(step.kind === 'variable' && i === story.result.step)) return;
    const right = step.kind === 'variable' ? story.valueText(i) : expression(i);
    lines.push(make('div', {class: 'line'}, spot(i, 'name', story.name(i)), ' = ', right));
  });
  return {lines, places};
}
