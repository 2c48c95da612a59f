#pragma once
// All of downhill::models: data sets, and the models that are fitted to them.

#include <models/architecture.hpp>
#include <models/atomic_file.hpp>
#include <models/checkpoint.hpp>
#include <models/dataset.hpp>
#include <models/double_double.hpp>
#include <models/dtype.hpp>
#include <models/evaluation.hpp>
#include <models/file.hpp>
#include <models/idx.hpp>
#include <models/initialise.hpp>
#include <models/layers.hpp>
#include <models/line.hpp>
#include <models/linear_regression.hpp>
#include <models/logistic.hpp>
#include <models/loss.hpp>
#include <models/metrics.hpp>
#include <models/network.hpp>
#include <models/safetensors.hpp>
#include <models/safetensors_header.hpp>
#include <models/samples.hpp>
#include <models/scaling_json.hpp>
#include <models/shape.hpp>
#include <models/split.hpp>
#include <models/training.hpp>
#include <models/training_log.hpp>
