#pragma once
/// \file
/// The messages for misuse, kept out of line: what runs for every operation only tests, and the words stand in one
/// place.

#include <cstddef>
#include <string_view>

#include <autodiff/error.hpp>

namespace downhill::misuse {

[[noreturn]] void stale_variable(std::string_view name, std::size_t slot, bool has_old_value);
[[noreturn]] void variable_of_dead_tape();
[[noreturn]] void foreign_variable(std::string_view operation);
[[noreturn]] void moved_from();
[[noreturn]] void passive_gradient();
[[noreturn]] void passive_objective();
[[noreturn]] void empty_tape();
[[noreturn]] void recorded_after_sweep(std::string_view name, std::size_t slot);
[[noreturn]] void never_swept();
[[noreturn]] void another_moment();
[[noreturn]] void already_heard();
[[noreturn]] void parameters_too_late();
[[noreturn]] void foreign_mark();
[[noreturn]] void stale_mark();
[[noreturn]] void out_of_slots(std::size_t limit);
[[noreturn]] void too_many_edges(std::size_t count);
[[noreturn]] void not_consecutive(std::string_view operation);
[[noreturn]] void no_such_class(std::size_t label, std::size_t classes);
[[noreturn]] void no_such_row(std::size_t row, std::size_t rows);
[[noreturn]] void no_dropout_rate(double rate);
[[noreturn]] void no_such_input(std::size_t index, std::size_t count);
[[noreturn]] void no_such_parameter(std::size_t index, std::size_t count);
[[noreturn]] void hidden_input();
[[noreturn]] void empty_range(std::string_view operation);
[[noreturn]] void different_shapes(std::string_view operation, std::size_t rows, std::size_t columns,
                                   std::size_t other_rows, std::size_t other_columns, std::string_view rule);
[[noreturn]] void not_square(std::string_view operation, std::size_t rows, std::size_t columns);
[[noreturn]] void different_sizes(std::string_view operation, std::size_t left, std::size_t right);

}  // namespace downhill::misuse
