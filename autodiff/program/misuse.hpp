#pragma once
/// \file
/// The messages for misuse of programs.

#include <cstddef>
#include <string_view>

#include <autodiff/error.hpp>

namespace downhill::misuse {

[[noreturn]] void symbol_of_finished_recording(std::string_view operation);
[[noreturn]] void symbol_of_another_recording(std::string_view operation);
[[noreturn]] void wrong_parameters(std::string_view operation, std::size_t wanted, std::size_t given);
[[noreturn]] void wrong_sample(std::string_view operation, std::size_t wanted, std::size_t given);
[[noreturn]] void wrong_direction(std::string_view operation, std::size_t wanted, std::size_t given);
[[noreturn]] void wrong_gradient(std::string_view operation, std::size_t wanted, std::size_t given);
[[noreturn]] void broken_rows(std::string_view operation, std::size_t numbers, std::size_t per_sample);
[[noreturn]] void wrong_columns(std::string_view operation, std::size_t wanted, std::size_t given);
[[noreturn]] void uneven_columns(std::string_view operation, std::size_t first, std::size_t another);
[[noreturn]] void no_samples(std::string_view operation);
[[noreturn]] void no_numbers_in_a_sample(std::string_view operation);
[[noreturn]] void no_parameters(std::string_view operation);
[[noreturn]] void along_too_many(std::string_view operation, std::size_t along, std::size_t per_sample);
[[noreturn]] void wrong_weights(std::string_view operation, std::size_t samples, std::size_t weights);
[[noreturn]] void no_such_sample(std::string_view operation, std::size_t index, std::size_t samples);

}  // namespace downhill::misuse
