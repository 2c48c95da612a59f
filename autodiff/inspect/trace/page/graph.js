// The graph: a box for each step, a line from each operand. A label stands where its line arrives.

const mostNodes = 2000,
  mostLabels = 12, // of one step
  widest = 230,
  behind = 5; // how far the second sheet of a matrix reaches
const leastScale = 14 / 15; // of letters that can be read from afar
const pen = document.createElement('canvas').getContext('2d');

function widthOf(text, size = 15, weight = 400) {
  pen.font = `${weight} ${size}px system-ui, sans-serif`;
  return pen.measureText(text).width;
}

/** As much of a text as fits. */
function fitted(text, room, size, weight) {
  if (widthOf(text, size, weight) <= room) return text;
  const letters = [...text].slice(0, 80);
  while (letters.length > 1 && widthOf(letters.join('') + '…', size, weight) > room) letters.pop();
  return letters.join('') + '…';
}

class Graph {
  constructor(story, canvas, svg) {
    this.story = story;
    this.canvas = canvas;
    this.svg = svg;
    this.nodes = story.steps.map((step, i) => this.#measure(step, i));
    this.size = layOut(this.nodes, story.edges, (edge) => this.#roomFor(edge));
    const edges = draw('g'),
      nodes = draw('g');
    for (const edge of story.edges) edges.append(this.#edge(edge));
    this.nodes.forEach((node, i) => nodes.append(this.#node(node, i)));
    svg.append(edges, nodes);
    this.fit();
  }

  /** As large as can be, but readable. A graph that is too wide for its place beside the tape, and flat, has the whole
      width. */
  fit() {
    this.sizing = this.fit;
    const main = this.canvas.closest('main');
    main.classList.remove('wide');
    main.classList.toggle('wide', this.#fitting() < leastScale && this.size.width > 1.8 * this.size.height);
    this.zoom(Math.min(Math.max(this.#fitting(), leastScale), 1.5));
  }

  #measure(step, i) {
    const {story} = this;
    const isMade = step.kind !== 'variable';
    const name = story.name(i),
      operation = isMade ? ` = ${sign(step.label)}` : '';
    const lines = [
      widthOf(name, 16, 700) + widthOf(operation, 16),
      widthOf(story.valueText(i)),
      ...[story.seedAt, ...story.arrivals[i].map((one) => one.at), story.endAt].map((at) =>
        widthOf(this.#adjointText(i, at), 15, 600)
      )
    ];
    const operands = step.operands.length;
    const plain = operands <= mostLabels ? step.operands.filter((operand) => operand.slot === null) : [];
    const shown = operands <= mostLabels ? operands : 0;
    return {
      name,
      operation,
      behind: step.count > 1 ? behind : 0,
      plain: plain.length,
      plainTexts: plain.map(operandNumber),
      width: Math.min(Math.max(...lines) + 22, widest),
      height: Math.max(70, 24 * shown + 12)
    };
  }
  /** With how many contributions have come, as long as more are to come. */
  #adjointText(i, moment) {
    const {story} = this,
      text = story.adjointText(i, moment).replace(/^\[.*?\] /, ''),
      all = story.arrivals[i];
    if (text === '') return '';
    const came = moment >= story.endAt ? all.length : all.filter((one) => one.at <= moment).length;
    return `adj ${text}` + (came < all.length ? ` ${came}/${all.length}` : '');
  }
  #label(edge) {
    return this.story.steps[edge.to].operands.length > mostLabels || edge.slope === null ? '' : short(edge.slope);
  }
  #flow(edge) {
    const isOne = edge.flow !== null && edge.flow.length === 1;
    return this.story.steps[edge.to].operands.length > mostLabels || !isOne ? '' : short(edge.flow[0]);
  }
  #roomFor(edge) {
    const texts = [this.#label(edge), this.#flow(edge), ...this.nodes[edge.to].plainTexts];
    return Math.max(...texts.map((text) => widthOf(text, 15, 700))) + 20;
  }

  #edge(edge) {
    const path = pathOf(edge.points),
      {x, y} = edge.port,
      [x0, y0] = edge.points[0];
    edge.isThin = this.story.steps[edge.to].operands.length > mostLabels;
    edge.label = draw('text', {x: x - 12, y: y - 5, class: 'slope'}, this.#label(edge));
    edge.element = draw(
      'g',
      {class: 'edge'},
      draw('path', {class: 'wire', d: path}),
      draw('path', {class: 'head', d: `M${x} ${y}l-8 -4.5v9z`}),
      draw('path', {class: 'tail', d: `M${x0} ${y0}l8 -4.5v9z`}),
      edge.label
    );
    return edge.element;
  }
  #node(node, i) {
    const {story} = this,
      step = story.steps[i];
    const left = node.x - node.width / 2,
      top = node.y - node.height / 2,
      middle = node.y + 5,
      room = node.width - 14;
    const name = fitted(node.name, Math.max(room - widthOf(node.operation, 16), room / 2), 16, 700);
    const operation = fitted(node.operation, room - widthOf(name, 16, 700), 16, 400);
    node.adjoint = draw('text', {x: node.x, y: middle + 21, class: 'adjoint'});
    const kind = step.kind + (i === story.result.step ? ' result' : '') + (step.count > 1 ? ' many' : '');
    node.element = draw('g', {class: `node ${kind}`, 'data-step': i});
    node.kind = kind;
    if (step.count > 1)
      node.element.append(
        draw('rect', {
          class: 'behind',
          x: left + behind,
          y: top - behind,
          width: node.width,
          height: node.height,
          rx: 4
        })
      );
    node.element.append(
      draw('rect', {
        class: 'box',
        x: left,
        y: top,
        width: node.width,
        height: node.height,
        rx: step.kind === 'variable' ? 4 : 14
      }),
      draw('text', {x: node.x, y: middle - 20, class: 'title'}, draw('tspan', {class: 'own'}, name), operation),
      draw('text', {x: node.x, y: middle + 1, class: 'value'}, fitted(story.valueText(i), room, 15)),
      node.adjoint
    );
    node.plainPorts.forEach((y, k) =>
      node.element.append(
        draw('path', {class: 'stub', d: `M${left - 12} ${y}h12`}),
        draw('text', {x: left - 16, y: y + 5, class: 'slope'}, node.plainTexts[k])
      )
    );
    return node.element;
  }

  show(moment, current) {
    const {story} = this;
    const setClass = (element, name) => element.getAttribute('class') === name || element.setAttribute('class', name);
    const setText = (element, text) => element.textContent === text || (element.textContent = text);
    const fed = new Set(current.kind === 'visit' ? story.edgesInto[current.step].map((edge) => edge.from) : []);
    this.nodes.forEach((node, i) => {
      const isNow = current.step === i || (current.kind === 'end' && story.steps[i].kind === 'variable');
      const state = isNow ? 'now' : story.recordedAt[i] > moment ? 'todo' : fed.has(i) ? 'fed' : '';
      setClass(node.element, `node ${node.kind} ${state}${node.isHovered ? ' hovered' : ''}`);
      setText(node.adjoint, fitted(this.#adjointText(i, moment), node.width - 12, 15, 600));
    });
    for (const edge of story.edges) {
      const isNow = current.step === edge.to && current.kind !== 'seed';
      const state = isNow ? 'now' : story.recordedAt[edge.to] > moment ? 'todo' : '';
      const hasFlown = edge.flowsAt <= moment;
      setClass(edge.element, ['edge', state, hasFlown ? 'flown' : '', edge.isThin ? 'thin' : ''].join(' '));
      setText(edge.label, hasFlown ? this.#flow(edge) : this.#label(edge));
      if (isNow) edge.element.parentNode.append(edge.element); // above the others
    }
    if (current.step !== undefined) this.reveal(current.step);
    else if (current.kind === 'start') this.canvas.scrollTo(0, 0);
  }

  #fitting() {
    return Math.min(
      (this.canvas.clientWidth - 4) / (this.size.width + 28),
      (this.canvas.clientHeight - 4) / (this.size.height + 28)
    );
  }
  zoom(scale) {
    this.scale = Math.min(Math.max(scale, 0.05), 4);
    const width = this.size.width + 28,
      height = this.size.height + 28;
    this.svg.setAttribute('viewBox', `-14 -14 ${width} ${height}`);
    this.svg.setAttribute('width', width * this.scale);
    this.svg.setAttribute('height', height * this.scale);
  }
  zoomBy(by) {
    this.sizing = () => {};
    const {canvas} = this,
      x = (canvas.scrollLeft + canvas.clientWidth / 2) * by,
      y = (canvas.scrollTop + canvas.clientHeight / 2) * by;
    this.zoom(this.scale * by);
    canvas.scrollTo(x - canvas.clientWidth / 2, y - canvas.clientHeight / 2);
  }
  whole() {
    this.sizing = this.whole;
    this.zoom(Math.min(this.#fitting(), 1.5));
  }
  /** Scrolls to a step and to what goes into it, if that is not all in sight. */
  reveal(i) {
    const {canvas, nodes, scale} = this;
    const shown = [i, ...this.story.edgesInto[i].slice(0, mostLabels).map((edge) => edge.from)]
      .map((k) => nodes[k])
      .filter((node) => Math.abs(node.x - nodes[i].x) * scale < canvas.clientWidth * 0.6);
    const left = Math.min(...shown.map((node) => node.x - node.width / 2)) * scale,
      right = Math.max(...shown.map((node) => node.x + node.width / 2)) * scale + 28 * scale;
    const top = Math.min(...shown.map((node) => node.y - node.height / 2)) * scale,
      bottom = Math.max(...shown.map((node) => node.y + node.height / 2)) * scale + 28 * scale;
    const isInSight =
      left >= canvas.scrollLeft &&
      right <= canvas.scrollLeft + canvas.clientWidth &&
      top >= canvas.scrollTop &&
      bottom <= canvas.scrollTop + canvas.clientHeight;
    if (isInSight) return;
    const y = bottom - top > canvas.clientHeight ? (nodes[i].y + 14) * scale : (top + bottom) / 2;
    canvas.scrollTo((left + right) / 2 - canvas.clientWidth / 2, y - canvas.clientHeight / 2);
  }
}
