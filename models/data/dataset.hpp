#pragma once
/// \file
/// A data set: a table of numbers with named columns, and how one is read from CSV.
///
/// A file is read whole or not at all. Where something is wrong with it, DataError says in one line where, what, and
/// what to do about it:
///
///     points.csv:3:5: 'four' in column 'y' is not a number; correct it or remove the row
///
/// The column is that of the field's first character, counted from 1 in characters, as editors do.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <models/files/file.hpp>
#include <models/line.hpp>

namespace downhill {

/// A table of rows() x columns() numbers, row after row in one stretch of memory, so that a matrix library can look at
/// `values` without a copy.
struct Dataset {
  std::string source;              ///< where it came from, for messages
  std::vector<std::string> names;  ///< one for each column
  std::vector<double> values;      ///< values[row * columns() + column]

  std::size_t columns() const { return names.size(); }
  std::size_t rows() const { return names.empty() ? 0 : values.size() / names.size(); }
  /// The numbers of one row.
  std::span<const double> row(std::size_t index) const&;
  /// Of a temporary, the numbers themselves: a span would outlive them.
  std::vector<double> row(std::size_t index) && {
    const std::span<const double> numbers = row(index);
    return {numbers.begin(), numbers.end()};
  }
  /// A copy of one column, by its place or by its name. Throws DataError if there is none such, and says which there
  /// are.
  std::vector<double> column(std::size_t index) const;
  std::vector<double> column(std::string_view name) const;
};

/// Does the first line hold the names of the columns? `detect`: it does if none of its fields looks like a number.
/// Without names, the columns are called "column 1", "column 2" and so on.
enum class Header { detect, present, absent };

/// How a file of comma-separated values, or one like it, is to be read.
struct CsvOptions {
  /// What stands between two fields. Detected where not given: a semicolon, a tab, a comma or spaces, whichever fits.
  /// A run of spaces and tabs is one separator if the separator is a space.
  std::optional<char> separator = {};
  Header header = Header::detect;
  std::uint64_t size_limit = default_size_limit;  ///< of a file, see FileOptions
};

/// Reads a table of numbers from CSV text. `source` stands for the file in messages.
///
/// Lines end in LF, CR LF or CR. Blank lines before and after the table are skipped, and so are comments: lines that
/// start with #. Blanks around a field are not part of it. A field, name or number, may be in double quotes, with ""
/// for a quote inside; a quoted field ends on its own line. A number is written as in C, with a decimal point whatever
/// the locale, and read to the nearest double. All rows have the same number of fields, no field is empty, and no
/// number is NaN or infinite. A UTF-8 byte order mark is skipped.
///
/// Throws DataError if the text is not such a table, OptionError if the separator could be part of a number.
Dataset parse_csv(std::string_view text, std::string_view source, const CsvOptions& options = {});

/// The same from a file, which may be compressed with gzip. Throws DataError also if it cannot be read, see read_file.
Dataset read_csv(const std::filesystem::path& file, const CsvOptions& options = {});

/// A change of units for each column of a table. Rows are given as Dataset keeps them, one after the other, and changed
/// in place; any rows of that many columns will do, so that what was fitted to some samples is applied to others.
/// Throws ShapeError unless the rows are whole.
struct TableScaling {
  std::vector<Scaling> columns;

  /// value = (value - mean) / scale
  void to(std::span<double> rows) const;
  void to(std::span<float> rows) const;
  /// value = value * scale + mean
  void from(std::span<double> rows) const;
  void from(std::span<float> rows) const;
};

/// The mean and the standard deviation of each column, as `standardise` of line.hpp gives them: the scale of a column
/// whose values are all equal is 1. Throws ShapeError if there are no rows or they are not whole.
TableScaling standardise(std::span<const double> rows, std::size_t columns);
TableScaling standardise(std::span<const float> rows, std::size_t columns);

}  // namespace downhill
