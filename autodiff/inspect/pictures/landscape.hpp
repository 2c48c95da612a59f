#pragma once
/// \file
/// The loss of two parameters as a map with height lines, and on it the paths that were walked; one map for each path,
/// side by side.
///
/// Everything drawn was computed: the heights by sampling the loss on a grid, the paths by `minimize` with Keep::path.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/descent/result.hpp>
#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/pictures/plot.hpp>

namespace downhill::inspect {

/// A loss sampled at columns x rows places, both ends of both intervals included.
struct Landscape {
  Interval x, y;
  std::string x_name = "x", y_name = "y";
  std::size_t columns = 0, rows = 0;
  std::vector<double> values;  ///< values[row * columns + column], the row of the lowest y first

  /// The loss at a place, and where that place is.
  double at(std::size_t column, std::size_t row) const { return values[row * columns + column]; }
  double x_at(std::size_t column) const;
  double y_at(std::size_t row) const;
};

/// Samples loss(x, y). Throws OptionError for an empty interval or fewer than 2 x 2 places.
Landscape sample_landscape(const std::function<double(double x, double y)>& loss, Interval x, Interval y,
                           std::size_t columns = 61, std::size_t rows = 61);

/// `count` heights from just above the lowest place to the highest, as a bowl would cross lines at equal distances:
/// lowest + (highest - lowest) (k / count)², k = 1, ..., count - 1. Places that are not finite do not count.
std::vector<double> levels_of(const Landscape& landscape, std::size_t count = 14);

/// A piece of a height line, in the landscape's coordinates.
struct LinePiece {
  double x0, y0, x1, y1;
};
/// The line of one height, by marching squares. Cells with a corner that is not finite have none. Lorensen and Cline,
/// "Marching cubes" (1987), in two dimensions.
std::vector<LinePiece> height_line(const Landscape& landscape, double level);

/// A walk to draw, and what is said of it.
struct DrawnWalk {
  std::string title;               ///< "rate 0.06: oscillates"
  std::vector<std::string> lines;  ///< what stands below the picture
  std::span<const Iterate> path;   ///< of points of two parameters, x and y
};

/// One self-contained HTML page: a map for each walk, all to the same scale, and below it what is said; at the end the
/// surface with all of them. Throws ShapeError for a path of points that have not two coordinates, and for a landscape
/// without values.
std::string landscape_page(const std::string& title, const std::string& introduction, const Landscape& landscape,
                           std::span<const DrawnWalk> walks);

/// The maps of that page, as figures for another, and what they share.
struct Maps {
  std::vector<Figure> figures;
  std::string shared;
};
Maps maps_of(const Landscape& landscape, std::span<const DrawnWalk> walks);

/// The loss as a surface above the plane, seen from one of its corners, and the walks on it. Every height counts as it
/// is, the colour as on the map. Where the loss is not finite, the surface has a hole.
Figure surface(const Landscape& landscape, std::span<const DrawnWalk> walks);

namespace landscape_detail {

/// Throws ShapeError unless there are at least 2 x 2 places, and a value for each.
void demand_places(const Landscape& landscape);

/// SVG paths in a plane: the line of a height, and all that lies below it.
std::string line_path(const Landscape& landscape, double level, const Plane& plane);
std::string path_below(const Landscape& landscape, double level, const Plane& plane);

/// An iterate that is drawn, and whether a line leads to it from the one before.
struct Place {
  const Iterate* iterate;
  bool is_joined;
};
/// What is drawn of a walk: the iterates that can be told apart on the picture, up to the first that is not finite or a
/// thousand times as far away as the plane is long. The plane is cut into cells, a thousand along each side, or fewer
/// where more than 4,000 places were left. An iterate in the cell of the one before is left out, and a way from one
/// cell to another is drawn once, however often it was gone. So the start and the end are there, and every overshoot
/// that can be seen, also of a walk that bounces for a million steps. Throws ShapeError as above.
std::vector<Place> places_of(const DrawnWalk& walk, const Landscape& landscape);

}  // namespace landscape_detail

}  // namespace downhill::inspect
