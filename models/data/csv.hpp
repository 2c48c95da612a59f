#pragma once
/// \file
/// A data set is read from CSV: text with a row of the table on each line.
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
#include <string_view>

#include <models/data/dataset.hpp>
#include <models/files/file.hpp>

namespace downhill {

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
  /// Of every so many rows, one is read and kept, the one with the number `part` from 0: a part of the table for each
  /// of several processes. The others are looked at by whoever reads them.
  std::size_t part = 0, parts = 1;
};

/// Reads a table of numbers from CSV text. `source` stands for the file in messages.
///
/// Lines end in LF, CR LF or CR. Blank lines before and after the table are skipped, and so are comments: lines that
/// start with #. Blanks around a field are not part of it. A field, name or number, may be in double quotes, with ""
/// for a quote inside; a quoted field ends on its own line. A number is written as in C, with a decimal point whatever
/// the locale, and read to the nearest double. All rows have the same number of fields, no field is empty, and no
/// number is NaN or infinite. A UTF-8 byte order mark is skipped.
///
/// Throws DataError if the text is not such a table, OptionError if the separator could be part of a number or the part
/// is none of the parts.
Dataset parse_csv(std::string_view text, std::string_view source, const CsvOptions& options = {});

/// The same from a file, which may be compressed with gzip. Throws DataError also if it cannot be read, see read_file.
Dataset read_csv(const std::filesystem::path& file, const CsvOptions& options = {});

}  // namespace downhill
