#pragma once
// All of downhill::models: data sets, and the models that are fitted to them.

#include <models/atomic_file.hpp>
#include <models/dataset.hpp>
#include <models/dtype.hpp>
#include <models/file.hpp>
#include <models/idx.hpp>
#include <models/line.hpp>
#include <models/safetensors.hpp>
#include <models/safetensors_header.hpp>
#include <models/shape.hpp>
#include <models/split.hpp>
