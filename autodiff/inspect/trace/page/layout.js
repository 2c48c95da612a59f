// Where the nodes of a graph stand: in layers by their longest path from the inputs, ordered by barycentres, and then
// as straight as the order allows. Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical
// system structures", IEEE Trans. Systems, Man and Cybernetics 11 (1981).
//
// A long edge passes through a dummy node in each layer between. Edges from one node share them, so that a weight that
// is used everywhere leaves as one line and branches off.

const rowGap = 18,
  bend = 44,
  rounds = 12,
  mostDummies = 15000,
  farAway = 3;

/** nodes: {width, height, behind: how far they reach to the right of that, plain: how many plain numbers go in}; edges:
    {from, to, operand}, sorted by `to`, from < to; roomOf(edge): how wide its label is. Sets x, y (centres) of nodes and
    `points` of edges, and returns the size of all. Between two layers edges first bend, and then run level, where their
    labels are. */
function layOut(nodes, edges, roomOf) {
  const layers = assignLayers(nodes, edges);
  const cells = insertDummies(nodes, edges, layers);
  const columns = [];
  for (const cell of cells) (columns[cell.layer] ??= []).push(cell);
  order(columns);
  straighten(columns);
  level(columns);

  const room = columns.map(() => 0); // before each column
  for (const edge of edges) room[layers[edge.to]] = Math.max(room[layers[edge.to]], roomOf(edge));
  let x = 0;
  columns.forEach((column, layer) => {
    const width = Math.max(...column.map((cell) => cell.width), 8);
    if (layer > 0) x += bend + room[layer];
    for (const cell of column) {
      cell.x = x + width / 2;
      cell.left = x - room[layer];
      cell.right = x + width;
    }
    x += width;
  });
  let top = Infinity,
    bottom = -Infinity;
  for (const cell of cells) {
    top = Math.min(top, cell.y - cell.height / 2);
    bottom = Math.max(bottom, cell.y + cell.height / 2);
  }
  for (const cell of cells) cell.y -= top;
  nodes.forEach((node, i) => Object.assign(node, {x: cells[i].x, y: cells[i].y}));
  spreadPorts(nodes, edges, cells);
  return {width: x, height: bottom - top};
}

function assignLayers(nodes, edges) {
  const layers = nodes.map(() => 0),
    first = nodes.map(() => Infinity),
    isMade = nodes.map(() => false);
  for (const edge of edges) {
    layers[edge.to] = Math.max(layers[edge.to], layers[edge.from] + 1);
    isMade[edge.to] = true;
  }
  for (const edge of edges) first[edge.from] = Math.min(first[edge.from], layers[edge.to]);
  // An input that is first used far from the left stands where it is used.
  nodes.forEach((_, i) => {
    if (!isMade[i] && Number.isFinite(first[i]) && first[i] > farAway) layers[i] = first[i] - 1;
  });
  return layers;
}

function insertDummies(nodes, edges, layers) {
  const cells = nodes.map((node, i) => ({
    layer: layers[i],
    width: node.width,
    height: node.height,
    y: 0,
    ins: [],
    outs: []
  }));
  const chains = nodes.map(() => []);
  const link = (from, to, weight) => {
    const one = {from, to, weight};
    from.outs.push(one);
    to.ins.push(one);
  };
  for (const edge of edges) {
    const chain = chains[edge.from];
    let last = cells[edge.from];
    edge.via = [];
    for (let layer = layers[edge.from] + 1; layer < layers[edge.to]; ++layer) {
      const k = layer - layers[edge.from] - 1;
      if (chain.length <= k) {
        if (cells.length - nodes.length >= mostDummies) break;
        const dummy = {layer, width: 0, height: 4, y: 0, ins: [], outs: [], isDummy: true};
        cells.push(dummy);
        chain.push(dummy);
        link(last, dummy, last.isDummy ? 24 : 2);
      }
      last = chain[k];
      edge.via.push(last);
    }
    link(last, cells[edge.to], 1);
  }
  return cells;
}

function order(columns) {
  const number = () => columns.forEach((column) => column.forEach((cell, i) => (cell.rank = i)));
  const centre = (cell, side, end) => {
    const all = cell[side];
    return all.length === 0 ? cell.rank : all.reduce((sum, one) => sum + one[end].rank, 0) / all.length;
  };
  let best = null,
    least = Infinity;
  number();
  for (let round = 0; round <= rounds; ++round) {
    const found = crossings(columns);
    if (found < least) {
      least = found;
      best = columns.map((column) => [...column]);
    }
    if (least === 0 || round === rounds) break;
    const isForward = round % 2 === 0;
    for (const column of isForward ? columns : [...columns].reverse()) {
      for (const cell of column) cell.key = isForward ? centre(cell, 'ins', 'from') : centre(cell, 'outs', 'to');
      column.sort((a, b) => a.key - b.key || a.rank - b.rank);
      column.forEach((cell, i) => (cell.rank = i));
    }
  }
  columns.forEach((column, i) => column.splice(0, column.length, ...best[i]));
  number();
}

/** Inversions between neighbouring layers, by a Fenwick tree: Barth, Mutzel and Juenger, "Simple and efficient bilayer
    cross counting", J. Graph Algorithms and Applications 8 (2004). */
function crossings(columns) {
  let total = 0;
  for (let layer = 0; layer + 1 < columns.length; ++layer) {
    const size = columns[layer + 1].length,
      tree = new Int32Array(size + 1);
    let placed = 0;
    for (const cell of columns[layer]) {
      const targets = cell.outs
        .map((one) => one.to)
        .filter((to) => to.layer === layer + 1)
        .map((to) => to.rank);
      for (const rank of targets) {
        let before = 0;
        for (let i = rank + 1; i > 0; i -= i & -i) before += tree[i];
        total += placed - before;
      }
      for (const rank of targets) {
        for (let i = rank + 1; i <= size; i += i & -i) ++tree[i];
        ++placed;
      }
    }
  }
  return total;
}

/** Heights: each column in turn comes as near as it can to its neighbours' without changing its order. That is isotonic
    regression, solved by pooling adjacent violators. */
function straighten(columns) {
  for (const column of columns) {
    let y = 0;
    for (const cell of column) {
      y += cell.height / 2;
      cell.y = y;
      y += cell.height / 2 + rowGap;
    }
    for (const cell of column) cell.y -= (y - rowGap) / 2;
  }
  for (let round = 0; round < 2 * rounds; ++round) {
    const isForward = round % 2 === 0;
    for (const column of isForward ? columns : [...columns].reverse())
      place(column, round + 2 >= 2 * rounds ? 'both' : isForward ? 'ins' : 'outs');
  }
}

/** Takes out the small bends of long edges, where there is room. */
function level(columns) {
  const isApart = (a, b, y) => a === undefined || Math.abs(a.y - y) >= (a.height + b.height) / 2 + 6;
  for (const column of columns)
    column.forEach((cell, i) => {
      const y = cell.isDummy ? cell.ins[0].from.y : cell.y;
      if (Math.abs(y - cell.y) > 12 || !isApart(column[i - 1], cell, y) || !isApart(column[i + 1], cell, y)) return;
      if ((column[i - 1]?.y ?? -Infinity) < y && y < (column[i + 1]?.y ?? Infinity)) cell.y = y;
    });
}

function place(column, side) {
  const pools = [];
  let offset = 0;
  column.forEach((cell, i) => {
    if (i > 0)
      offset += (column[i - 1].height + cell.height) / 2 + (cell.isDummy && column[i - 1].isDummy ? 10 : rowGap);
    cell.offset = offset;
    const ins = side === 'outs' ? [] : cell.ins.map((one) => [one.from.y, one.weight]);
    const outs = side === 'ins' ? [] : cell.outs.map((one) => [one.to.y, one.weight]);
    const near = [...ins, ...outs];
    let weight = 0,
      sum = 0;
    for (const [y, w] of near) {
      weight += w;
      sum += w * y;
    }
    if (weight === 0) {
      weight = 0.1;
      sum = weight * cell.y;
    }
    let pool = {weight, sum: sum - weight * offset, cells: [cell]};
    while (pools.length > 0 && pools.at(-1).sum / pools.at(-1).weight >= pool.sum / pool.weight) {
      const before = pools.pop();
      for (const one of pool.cells) before.cells.push(one);
      pool = {weight: before.weight + pool.weight, sum: before.sum + pool.sum, cells: before.cells};
    }
    pools.push(pool);
  });
  for (const pool of pools) for (const cell of pool.cells) cell.y = pool.sum / pool.weight + cell.offset;
}

/** Where edges end: on the left side of a node, one above the other in the order of where they come from. */
function spreadPorts(nodes, edges, cells) {
  const ends = nodes.map(() => []);
  for (const edge of edges) ends[edge.to].push(edge);
  ends.forEach((into, i) => {
    const node = nodes[i],
      room = node.height - 12,
      plain = node.plain ?? 0;
    const cameFrom = (edge) => (edge.via.at(-1) ?? cells[edge.from]).y;
    into.sort((a, b) => cameFrom(a) - cameFrom(b) || a.operand - b.operand);
    const all = into.length + plain;
    into.forEach((edge, k) => {
      edge.port = {x: node.x - node.width / 2, y: node.y - room / 2 + (room * (k + 0.5)) / all};
      const source = nodes[edge.from];
      const points = [[source.x + source.width / 2 + source.behind, source.y]];
      const runTo = (x, y) => {
        if (points.length > 1 && Math.abs(points.at(-1)[1] - y) < 0.5 && points.at(-2)[1] === points.at(-1)[1])
          points.at(-1)[0] = x;
        else points.push([x, y]);
      };
      runTo(cells[edge.from].right, source.y);
      for (const cell of edge.via) {
        runTo(cell.left, cell.y);
        runTo(cell.right, cell.y);
      }
      runTo(cells[edge.to].left, edge.port.y);
      runTo(edge.port.x, edge.port.y);
      edge.points = points;
    });
    node.plainPorts = Array.from(
      {length: plain},
      (_, k) => node.y - room / 2 + (room * (into.length + k + 0.5)) / all
    );
  });
}

/** Level where it passes a column, curved between. */
function pathOf(points) {
  const parts = [`M${points[0][0].toFixed(1)} ${points[0][1].toFixed(1)}`];
  for (let i = 1; i < points.length; ++i) {
    const [x0, y0] = points[i - 1],
      [x1, y1] = points[i],
      half = (x0 + x1) / 2;
    if (Math.abs(y1 - y0) < 0.5) parts.push(`H${x1.toFixed(1)}`);
    else parts.push(`C${[half, y0, half, y1, x1, y1].map((x) => x.toFixed(1)).join(' ')}`);
  }
  return parts.join('');
}
