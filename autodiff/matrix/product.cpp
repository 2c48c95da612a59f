#include <autodiff/matrix/product.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <type_traits>

#include <autodiff/threads.hpp>

namespace downhill::matrix_detail {
namespace {

// Calls work with the elements as an Eigen matrix, by rows or by columns as they lie. What is neither has one row or
// one column.
template <class T, class Elements, class Work>
void as_eigen(const Elements& x, Work&& work) {
  using Eigen::Dynamic, Eigen::Index, Eigen::OuterStride;
  const auto rows = static_cast<Index>(x.layout.rows), columns = static_cast<Index>(x.layout.columns);
  const auto map = [&]<int order>(std::integral_constant<int, order>, std::size_t step) {
    using Matrix = Eigen::Matrix<std::remove_const_t<T>, Dynamic, Dynamic, order>;
    using Kept = std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>;
    work(Eigen::Map<Kept, Eigen::Unaligned, OuterStride<>>(x.data, rows, columns,
                                                           OuterStride<>(static_cast<Index>(step))));
  };
  if (x.layout.column_stride == 1 || columns == 1)
    map(std::integral_constant<int, Eigen::RowMajor>{}, x.layout.row_stride);
  else
    map(std::integral_constant<int, Eigen::ColMajor>{}, x.layout.column_stride);
}

template <class T>
void add_product_here(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  as_eigen<const T>(a, [&](const auto& left) {
    as_eigen<const T>(
        b, [&](const auto& right) { as_eigen<T>(c, [&](auto result) { result.noalias() += left * right; }); });
  });
}

// Rows or columns of a product, for one thread at a time. Eigen computes an element by the same operations in a piece
// as in the whole if pieces begin where its own tiles do, at multiples of 12, 24 or 48 by the width of the registers,
// and if none is so narrow that it is computed otherwise.
class Pieces {
 public:
  static constexpr std::size_t least_width = 192;
  explicit Pieces(std::size_t size, std::size_t width = least_width)
      : size_(size), width_(width), count_(std::max<std::size_t>(1, (size + width - narrow) / width)) {}
  std::size_t count() const { return count_; }
  std::size_t begin(std::size_t i) const { return i * width_; }
  std::size_t size(std::size_t i) const { return (i + 1 == count_ ? size_ : begin(i + 1)) - begin(i); }
  std::size_t most() const { return std::min(size_, width_ + narrow); }

 private:
  static constexpr std::size_t narrow = 48;
  std::size_t size_, width_, count_;
};

template <class T>
Elements<T> part(const Elements<T>& x, std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
  return {x.data + x.layout.at(row, column), {rows, columns, x.layout.row_stride, x.layout.column_stride}};
}

// One row times a matrix: bound by how fast the matrix comes from memory. Of the result, an element is computed by the
// same operations in a piece as in the whole if pieces begin at multiples of the width of registers, or of 8 rows where
// the matrix lies by columns.
template <class T>
void add_row_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  constexpr std::size_t elements = std::size_t{1} << 18;  // of a piece, about
  const std::size_t inner = a.layout.columns, columns = c.layout.columns;
  const bool by_columns = b.layout.row_stride == 1;
  const std::size_t wanted = by_columns ? elements / inner : std::max<std::size_t>(columns / 8, 1024);
  const Pieces right(columns, wanted / Pieces::least_width * Pieces::least_width + Pieces::least_width);
  in_parallel(right.count(), team_for(right.count()), [&](std::size_t i, std::size_t) {
    add_product_here<T>(a, part(b, 0, inner, right.begin(i), right.size(i)),
                        part(c, 0, 1, right.begin(i), right.size(i)));
  });
}

// A column times a row, each element of the result by itself: the adjoint of weights where a batch is one sample.
template <class T>
void add_outer_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c, bool is_shared) {
  const auto add = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const T x = a(i, 0);
      const T* const row = b.data;
      T* const __restrict to = c.data + i * c.layout.row_stride;
      for (std::size_t j = 0; j < c.layout.columns; ++j) to[j] += x * row[j];
    }
  };
  if (is_shared) return in_stretches(c.layout.rows, c.layout.columns, add);
  add(0, c.layout.rows);
}

// The adjoint of one row A is (B g')', row by row of B, and that of B is a_i g: what has been read of B moves at once,
// while it is in cache.
template <class T>
void hand_on_row_in_tiles(const Elements<const T>& a, const Elements<const T>& b, const Elements<const T>& g,
                          const Elements<T>* adjoint_of_a, const Run& parameters, const WayToSink<T>& way) {
  constexpr std::size_t at_once = 8192, elements = std::size_t{1} << 16;  // of a tile, and of a piece at least
  const std::size_t rows = b.layout.rows, columns = b.layout.columns;
  const std::size_t height = (elements / columns / 8 + 1) * 8;  // see add_row_product
  const std::size_t pieces = std::max<std::size_t>(1, rows / height), team = team_for(pieces);
  way.memory.resize(team * at_once);
  in_parallel(pieces, team, [&](std::size_t piece, std::size_t member) {
    const std::size_t begin = piece * height, end = piece + 1 == pieces ? rows : begin + height;
    if (adjoint_of_a != nullptr)
      add_product_here<T>(g, part(b, begin, end - begin, 0, columns).transposed(),
                          part(*adjoint_of_a, 0, 1, begin, end - begin));
    T* const __restrict tile = way.memory.data() + member * at_once;
    const T* const slopes = g.data;
    std::size_t filled = 0, first = parameters.first + begin * columns;
    const auto flush = [&] {
      if (filled > 0) way.take({first, 1, filled, filled, filled}, tile);
      first += filled;
      filled = 0;
    };
    for (std::size_t row = begin; row < end; ++row) {
      const T x = a(0, row);
      for (std::size_t column = 0; column < columns;) {
        const std::size_t count = std::min(columns - column, at_once - filled);
        // + 0 as where it is added to an adjoint: -0 becomes 0.
        for (std::size_t k = 0; k < count; ++k) tile[filled + k] = T(0) + x * slopes[column + k];
        filled += count;
        column += count;
        if (filled == at_once) flush();
      }
    }
    flush();
  });
}

}  // namespace

template <std::floating_point T>
void hand_on_in_tiles(const Elements<const T>& a, const Elements<const T>& b, const Elements<const T>& g,
                      const Elements<T>* adjoint_of_a, const Run& parameters, const WayToSink<T>& way) {
  const std::size_t rows = b.layout.rows, columns = b.layout.columns, samples = g.layout.rows;
  if (samples == 1 && rows > 1 && columns > 1) return hand_on_row_in_tiles<T>(a, b, g, adjoint_of_a, parameters, way);
  if (adjoint_of_a != nullptr) add_product<T>(g, b.transposed(), *adjoint_of_a);
  const Pieces down(rows), right(columns, 2 * Pieces::least_width);
  const std::size_t pieces = down.count() * right.count(), team = team_for(pieces);
  const std::size_t most = down.most() * right.most();
  way.memory.resize(team * most);
  in_parallel(pieces, team, [&](std::size_t i, std::size_t member) {
    const std::size_t row = down.begin(i / right.count()), height = down.size(i / right.count());
    const std::size_t column = right.begin(i % right.count()), width = right.size(i % right.count());
    T* const tile = way.memory.data() + member * most;
    std::fill_n(tile, height * width, T(0));
    add_product_here<T>(part(a, 0, samples, row, height).transposed(), part(g, 0, samples, column, width),
                        {tile, Layout::dense(height, width)});
    way.take({parameters.first + row * columns + column, height, width, columns, width}, tile);
  });
}

template void hand_on_in_tiles(const Elements<const double>&, const Elements<const double>&,
                               const Elements<const double>&, const Elements<double>*, const Run&,
                               const WayToSink<double>&);
template void hand_on_in_tiles(const Elements<const float>&, const Elements<const float>&, const Elements<const float>&,
                               const Elements<float>*, const Run&, const WayToSink<float>&);

template <std::floating_point T>
void add_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  if (a.layout.size() == 0 || b.layout.size() == 0) return;
  const std::size_t rows = c.layout.rows, columns = c.layout.columns, inner = a.layout.columns;
  const Pieces down(rows), right(columns);
  const std::size_t pieces = down.count() * right.count();
  constexpr std::size_t worth_it = 1'000'000;  // multiplications: 10 microseconds or more
  if (inner == 1 && rows > 1 && columns > 1 && b.layout.column_stride == 1 && c.layout.column_stride == 1)
    return add_outer_product(a, b, c, rows * columns >= worth_it);
  if (rows == 1 && columns > 1 && inner > 1 && columns * inner >= worth_it && threads() > 1)
    return add_row_product(a, b, c);
  const std::size_t team = team_for(pieces);
  if (team == 1 || rows == 1 || columns == 1 || rows * columns * inner < worth_it) return add_product_here(a, b, c);
  in_parallel(pieces, team, [&](std::size_t i, std::size_t) {
    const std::size_t row = i / right.count(), column = i % right.count();
    add_product_here<T>(part(a, down.begin(row), down.size(row), 0, inner),
                        part(b, 0, inner, right.begin(column), right.size(column)),
                        part(c, down.begin(row), down.size(row), right.begin(column), right.size(column)));
  });
}

template void add_product(const Elements<const double>&, const Elements<const double>&, const Elements<double>&);
template void add_product(const Elements<const float>&, const Elements<const float>&, const Elements<float>&);

}  // namespace downhill::matrix_detail
