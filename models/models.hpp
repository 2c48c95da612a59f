#pragma once
/// \file
/// All of downhill::models: data sets, and the models that are fitted to them.

#include <autodiff/files/atomic_file.hpp>

#include <models/data/csv.hpp>
#include <models/data/dataset.hpp>
#include <models/data/idx.hpp>
#include <models/data/samples.hpp>
#include <models/data/scaling_json.hpp>
#include <models/data/split.hpp>
#include <models/data/sums.hpp>
#include <models/double_double.hpp>
#include <models/files/dtype.hpp>
#include <models/files/file.hpp>
#include <models/files/safetensors.hpp>
#include <models/files/safetensors_header.hpp>
#include <models/files/shape.hpp>
#include <models/line.hpp>
#include <models/linear_regression.hpp>
#include <models/network/activation.hpp>
#include <models/network/architecture.hpp>
#include <models/network/initialise.hpp>
#include <models/network/layers.hpp>
#include <models/network/logistic.hpp>
#include <models/network/loss.hpp>
#include <models/network/network.hpp>
#include <models/training/checkpoint.hpp>
#include <models/training/evaluation.hpp>
#include <models/training/metrics.hpp>
#include <models/training/training.hpp>
#include <models/training/training_log.hpp>
