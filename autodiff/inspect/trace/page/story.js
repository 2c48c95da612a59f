// The record as a story: moments in a row, and what is known at each of them.
//
//     start, every operation, the seed (the result's adjoint is 1), every visit of the sweep, end

function readRecord(text) {
  const record = JSON.parse(text);
  const list = (numbers) => numbers && numbers.map(numeric);
  for (const step of record.steps) {
    step.values = list(step.values);
    step.adjoints = list(step.adjoints);
    for (const operand of step.operands) {
      operand.value = numeric(operand.value);
      operand.slope = numeric(operand.slope);
    }
    if (!step.summary) continue;
    for (const one of [step.summary.values, step.summary.adjoints])
      for (const key of ['mean', 'least', 'largest']) one[key] = numeric(one[key]);
  }
  for (const visit of record.sweep)
    for (const to of visit.contributions) for (const key of ['flow', 'before', 'after']) to[key] = list(to[key]);
  return record;
}

/** Which earlier steps an operand's slots belong to; more than one where a block takes a run of scalars. */
function sourcesOf(steps, operand, before) {
  if (operand.slot === null) return [];
  const end = operand.slot + operand.count;
  const overlaps = (i) => steps[i].slot < end && operand.slot < steps[i].slot + steps[i].count;
  const covers = (i) => steps[i].slot <= operand.slot && end <= steps[i].slot + steps[i].count;
  if (operand.step < before && covers(operand.step)) return [operand.step];
  const found = [];
  const slots = new Set(); // a slot that was made twice is the newer one's
  for (let i = before - 1; i >= 0; --i) {
    if (!overlaps(i) || slots.has(steps[i].slot)) continue;
    slots.add(steps[i].slot);
    found.push(i);
  }
  return found.reverse();
}

class Story {
  constructor(record) {
    const {steps, sweep, result} = record;
    this.steps = steps;
    this.result = result;
    this.leftOut = record.left_out;
    this.sources = record.steps.some((step) => step.source);
    this.moments = [{kind: 'start'}];
    this.recordedAt = steps.map((step, i) =>
      step.kind === 'variable' ? 0 : this.moments.push({kind: 'step', step: i}) - 1
    );
    this.seedAt = this.moments.push({kind: 'seed', step: result.step}) - 1;
    this.visitedAt = steps.map(() => Infinity);
    this.arrivals = steps.map(() => []); // at an adjoint, in order
    this.edges = [];
    this.edgesInto = steps.map(() => []);
    const edgeOf = new Map();
    steps.forEach((step, to) =>
      step.operands.forEach((operand, k) => {
        for (const from of sourcesOf(steps, operand, to)) {
          const edge = {from, to, operand: k, slope: operand.slope, flow: null, flowsAt: Infinity};
          edgeOf.set(`${to} ${k} ${from}`, edge);
          this.edgesInto[to].push(edge);
          this.edges.push(edge);
        }
      })
    );
    for (const visit of sweep) {
      const at = this.moments.push({kind: 'visit', step: visit.step, visit}) - 1;
      this.visitedAt[visit.step] = at;
      for (const to of visit.contributions) this.#arrive(visit.step, to, at, edgeOf);
    }
    this.endAt = this.moments.push({kind: 'end'}) - 1;
  }

  #arrive(from, to, at, edgeOf) {
    const operand = this.steps[from].operands[to.operand];
    for (const i of sourcesOf(this.steps, operand, from)) {
      const step = this.steps[i];
      const begin = Math.max(operand.slot, step.slot),
        end = Math.min(operand.slot + operand.count, step.slot + step.count);
      const part = (numbers) => numbers && numbers.slice(begin - operand.slot, end - operand.slot);
      const arrival = {
        at,
        from,
        element: begin - step.slot,
        flow: part(to.flow),
        before: part(to.before),
        after: part(to.after)
      };
      this.arrivals[i].push(arrival);
      const edge = edgeOf.get(`${from} ${to.operand} ${i}`);
      edge.flow = arrival.flow;
      edge.flowsAt = at;
      edge.arrival = this.arrivals[i].length;
    }
  }

  /** How a step is called in sums: its name, or v and its slot. */
  name(i) {
    return this.steps[i].name || `v${this.steps[i].slot}`;
  }
  /** The same of one of its results, counted from 0. */
  elementName(i, slot) {
    const {count, shape, slot: first} = this.steps[i],
      k = slot - first;
    if (count === 1) return this.name(i);
    return `${this.name(i)}(${shape ? `${Math.floor(k / shape[1])}, ${k % shape[1]}` : k})`;
  }
  /** The same of an operand; of a constant, the number or the shape. */
  operandName(step, k) {
    const operand = this.steps[step].operands[k];
    if (operand.slot === null) return operandNumber(operand);
    const sources = this.edgesInto[step].filter((edge) => edge.operand === k).map((edge) => edge.from);
    if (sources.length !== 1)
      return operand.name || `v${operand.slot}` + (operand.count > 1 ? `…v${operand.slot + operand.count - 1}` : '');
    const made = this.steps[sources[0]];
    if (made.count === operand.count) return this.name(sources[0]);
    const first = this.elementName(sources[0], operand.slot);
    return operand.count > 1 ? `${first}…${this.elementName(sources[0], operand.slot + operand.count - 1)}` : first;
  }
  /** What the sweep has brought to a step up to a moment: numbers, null where they are not on the page, or undefined
      for nothing yet. */
  adjoints(i, moment) {
    const step = this.steps[i];
    if (moment >= this.endAt || moment >= this.visitedAt[i]) return step.adjoints;
    const came = this.arrivals[i].filter((one) => one.at <= moment);
    const isSeed = i === this.result.step && moment >= this.seedAt;
    if (came.length === 0 && !isSeed) return undefined;
    if (step.adjoints === null || came.some((one) => one.after === null)) return null;
    const all = new Array(step.count).fill(0);
    if (isSeed) all[this.result.slot - step.slot] = 1;
    for (const one of came) one.after.forEach((x, j) => (all[one.element + j] = x));
    return all;
  }
  valueText(i) {
    const step = this.steps[i];
    return manyText(step.values, step.summary && step.summary.values, step.shape, step.count);
  }
  adjointText(i, moment) {
    const adjoints = this.adjoints(i, moment),
      step = this.steps[i];
    if (adjoints === undefined) return '';
    const isLast = moment >= this.visitedAt[i] || moment >= this.endAt;
    return manyText(adjoints, isLast && step.summary ? step.summary.adjoints : null, step.shape, step.count);
  }
  place(i) {
    const source = this.steps[i].source;
    if (!source) return '';
    const line = source.file ? `${source.file.slice(source.file.lastIndexOf('/') + 1)}:${source.line}` : '';
    return [line, source.scope].filter((text) => text !== '').join(' ');
  }
}
