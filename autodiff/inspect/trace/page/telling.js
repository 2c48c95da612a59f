// What happens at a moment: as sums, for the eyes, and in words, for the ears.

const mostSums = 40;

/** The operation with something in the place of its operands. */
function applied(step, operands) {
  const shown = operands.slice(0, mostOperands);
  if (operands.length > shown.length) shown.push(`… ${operands.length - shown.length} more`);
  if (ranks.has(step.label) && step.operands.length > 1) return shown.join(` ${sign(step.label)} `);
  return step.label === '-' ? `−${shown[0]}` : `${step.label}(${shown.join(', ')})`;
}

/** What there is to tell: a title, sums as elements, and words. */
function tell(story, moment, showElements) {
  const current = story.moments[moment],
    i = current.step;
  switch (current.kind) {
    case 'start':
      return tellStart(story);
    case 'step':
      return tellStep(story, moment, i);
    case 'seed':
      return tellSeed(story, i);
    case 'visit':
      return tellVisit(story, moment, current);
    default:
      return tellEnd(story, showElements);
  }
}

function line(kind, ...children) {
  return make('p', {class: kind}, ...children);
}

function tellStart(story) {
  const given = story.steps.map((_, i) => i).filter((i) => story.steps[i].kind === 'variable');
  const sums = given
    .slice(0, mostSums)
    .map((i) => line('sum', make('b', {}, story.name(i)), ` = ${story.valueText(i)}`));
  if (given.length > mostSums) sums.push(line('note', `… and ${given.length - mostSums} more`));
  if (story.leftOut > 0)
    sums.push(
      line('note', `Not shown: ${story.leftOut} operations that ${story.name(story.result.step)} does not depend on`)
    );
  return {
    title: 'Given: the variables',
    sums,
    words: `Given: ${given
      .slice(0, 8)
      .map((i) => `${story.name(i)} is ${story.valueText(i)}`)
      .join(', ')}.`
  };
}

function tellStep(story, moment, i) {
  const step = story.steps[i],
    name = story.name(i);
  const names = step.operands.map((_, k) => story.operandName(i, k));
  const numbers = step.operands.map((operand, k) =>
    k > 0 && ranks.has(step.label) && operand.value < 0 ? factor(operand.value) : operandNumber(operand)
  );
  const value = step.count === 1 ? figure(step.values && step.values[0]) : story.valueText(i);
  const sums = [
    line('sum', make('b', {}, name), ` = ${applied(step, names)}`),
    line('sum', `= ${applied(step, numbers)} = `, value)
  ];
  const slopes = step.operands.flatMap((operand, k) =>
    operand.slope === null ? [] : [{name: names[k], slope: operand.slope}]
  );
  if (slopes.length > 0)
    sums.push(
      line(
        'slopes',
        'Slopes: ',
        ...slopes
          .slice(0, mostSums)
          .flatMap(({name: of, slope}) => [make('span', {class: 'slope'}, `∂${name}/∂${of} = `, figure(slope)), ' '])
      )
    );
  if (story.place(i)) sums.push(line('note', `Recorded at ${story.place(i)}`));
  const words =
    `${name} is ${applied(step, names)}, which is ${story.valueText(i)}.` +
    (slopes.length > 0
      ? ` Slopes: ${slopes
          .slice(0, 8)
          .map(({name: of, slope}) => `${short(slope)} along ${of}`)
          .join(', ')}.`
      : '');
  return {title: `Recording, step ${moment} of ${story.seedAt - 1}`, sums, words};
}

function tellSeed(story, i) {
  const name = story.elementName(i, story.result.slot);
  return {
    title: 'The sweep begins',
    sums: [
      line('sum', 'adj(', make('b', {}, name), ') = ', figure(1)),
      line(
        'note',
        `adj(x), the adjoint of x, is ∂${name}/∂x. The result's own is 1; from here it flows back along the edges.`
      )
    ],
    words: `The sweep begins at ${name}, with adjoint 1.`
  };
}

function tellVisit(story, moment, {step: i, visit}) {
  const step = story.steps[i],
    name = story.name(i);
  const arrived = story.adjointText(i, moment);
  const isScalar = step.count === 1 && step.adjoints !== null;
  const sums = [
    line(
      'note',
      'Back through ',
      make('b', {}, name),
      ` = ${applied(
        step,
        step.operands.map((_, k) => story.operandName(i, k))
      )}, with adj(${name}) = ${arrived}`
    )
  ];
  const words = [];
  for (const to of visit.contributions.slice(0, mostSums)) {
    const operand = step.operands[to.operand],
      of = story.operandName(i, to.operand);
    const edge = story.edgesInto[i].find((one) => one.operand === to.operand);
    if (!edge) continue;
    const total = story.arrivals[edge.from].length;
    const target = ['adj(', make('b', {}, of), ')'];
    if (isScalar && operand.slope !== null && to.flow !== null && to.flow.length === 1) {
      sums.push(
        line('sum', ...target, ` += ${short(operand.slope)} × ${factor(step.adjoints[0])} = `, figure(to.flow[0]))
      );
      if (total > 1)
        sums.push(
          line(
            'arrival',
            `contribution ${edge.arrival} of ${total}` +
              (edge.arrival > 1
                ? `: adj(${of}) = ${short(to.before[0])} + ${factor(to.flow[0])} = `
                : `, so far adj(${of}) = `),
            figure(to.after[0])
          )
        );
      if (step.adjoints[0] === 0 && !Number.isFinite(operand.slope))
        sums.push(line('note', 'An adjoint of exactly 0 stops here.'));
      words.push(
        `adjoint of ${of} plus ${short(operand.slope)} times ${short(step.adjoints[0])} is ${short(to.after[0])}`
      );
    } else {
      const flow = manyText(to.flow, null, operand.shape, operand.count);
      sums.push(line('sum', ...target, ` += ${flow}`));
      if (total > 1) sums.push(line('arrival', `contribution ${edge.arrival} of ${total}`));
      words.push(`adjoint of ${of} receives ${flow}`);
    }
  }
  if (visit.contributions.length > mostSums)
    sums.push(line('note', `… and ${visit.contributions.length - mostSums} more`));
  return {
    title: `Sweep, visit ${moment - story.seedAt} of ${story.endAt - story.seedAt - 1}`,
    sums,
    words: `Back through ${name}, ${step.label}, whose adjoint is ${arrived}: ${words.slice(0, 8).join('; ')}.`
  };
}

function tellEnd(story, showElements) {
  const given = story.steps.map((_, i) => i).filter((i) => story.steps[i].kind === 'variable');
  const result = story.name(story.result.step);
  const sums = given.slice(0, mostSums).map((i) => {
    const step = story.steps[i],
      text = story.adjointText(i, story.endAt);
    return line(
      'sum',
      `∂${result}/∂`,
      make('b', {}, story.name(i)),
      ' = ',
      step.count > 1 ? elementsButton(i, text, showElements) : figure(step.adjoints[0])
    );
  });
  if (given.length > mostSums) sums.push(line('note', `… and ${given.length - mostSums} more`));
  return {
    title: 'The gradient',
    sums,
    words: `The sweep is done. Gradient: ${given
      .slice(0, 8)
      .map((i) => `${story.name(i)} ${story.adjointText(i, story.endAt)}`)
      .join(', ')}.`
  };
}

/** The elements of a step, each with the colour of its sign and size. */
function elementsTable(title, numbers, shape) {
  if (numbers === null || numbers === undefined) return make('p', {}, `${title}: not on this page.`);
  const columns = shape ? shape[1] : Math.min(numbers.length, 8);
  const most = numbers.filter(Number.isFinite).reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  const rows = [];
  for (let j = 0; j < numbers.length; j += columns)
    rows.push(
      make(
        'tr',
        {},
        make('th', {scope: 'row'}, shape ? `${j / columns}` : `${j}`),
        ...numbers.slice(j, j + columns).map((x) => {
          const shade = Number.isFinite(x) ? Math.round((Math.abs(x) / most) * 70) : 0;
          const cell = make(
            'td',
            {class: Number.isFinite(x) ? (x < 0 ? 'below' : 'above') : 'broken', title: exact(x)},
            short(x)
          );
          cell.style.setProperty('--part', `${shade}%`);
          return cell;
        })
      )
    );
  const head = make(
    'tr',
    {},
    make('td'),
    ...Array.from({length: columns}, (_, k) => make('th', {scope: 'col'}, shape ? `${k}` : `+${k}`))
  );
  return make(
    'figure',
    {},
    make('figcaption', {}, title),
    make('table', {class: 'heat'}, make('thead', {}, head), make('tbody', {}, ...rows))
  );
}
