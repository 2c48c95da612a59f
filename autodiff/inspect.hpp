#pragma once
/// \file
/// All that shows what happens: on the tape, in a sweep, on the way downhill.

// The tape: what was recorded, step by step, what flows back, and where the first NaN came from.
#include <autodiff/inspect/trace/autopsy.hpp>
#include <autodiff/inspect/trace/dot.hpp>
#include <autodiff/inspect/trace/json.hpp>
#include <autodiff/inspect/trace/table.hpp>
#include <autodiff/inspect/trace/trace.hpp>
#include <autodiff/inspect/trace/trace_page.hpp>
#include <autodiff/inspect/trace/why.hpp>

// A function that is typed as text.
#include <autodiff/inspect/formula/formula.hpp>

// Pictures, in the terminal and as pages.
#include <autodiff/inspect/pictures/decision_boundary.hpp>
#include <autodiff/inspect/pictures/growth.hpp>
#include <autodiff/inspect/pictures/landscape.hpp>
#include <autodiff/inspect/pictures/learning_rates.hpp>
#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/pictures/weight_images.hpp>
