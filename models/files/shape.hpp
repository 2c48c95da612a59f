#pragma once
/// \file
/// Shapes that a file announces: how many bytes they come to, and how messages show them.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace downhill {

/// The bytes of shape[0] x shape[1] x ... elements; of one element where the shape is empty. Nothing if that does not
/// fit into a std::size_t. The other sizes count also where one is 0, since programs multiply some of them without it.
std::optional<std::size_t> bytes_of(std::span<const std::size_t> shape, std::size_t element);

/// "[2, 3]", for messages: only the first sizes of very many.
std::string text_of(std::span<const std::size_t> shape);

}  // namespace downhill
