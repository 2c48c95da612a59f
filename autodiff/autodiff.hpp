#pragma once
/// \file
/// All of Downhill's differentiation and descent. Read in this order, the headers are the whole theory: each builds on
/// those above it alone.

// What is thrown, the functions with their slopes, and the number of forward mode.
#include <autodiff/error.hpp>

#include <autodiff/calculus.hpp>

#include <autodiff/dual.hpp>

// The way of a number: recorded on the tape by a Var, and back along the sweep.
#include <autodiff/tape.hpp>

#include <autodiff/variable.hpp>

#include <autodiff/gradient.hpp>

#include <autodiff/sweep.hpp>

// What is made of these for numbers.
#include <autodiff/ranges.hpp>

#include <autodiff/constants.hpp>

#include <autodiff/eigen.hpp>

#include <autodiff/derivatives.hpp>

#include <autodiff/gradient_check.hpp>

#include <autodiff/fuse.hpp>

#include <autodiff/recompute.hpp>

// Matrices, and numbers as text.
#include <autodiff/matrix.hpp>

#include <autodiff/linear_algebra.hpp>

#include <autodiff/print.hpp>

// The way downhill.
#include <autodiff/descent/minimize.hpp>

#include <autodiff/descent/quasi_newton.hpp>

#include <autodiff/descent/least_squares.hpp>

#include <autodiff/descent/observers.hpp>

#include <autodiff/descent/diagnosis.hpp>

// Many samples at once.
#include <autodiff/program.hpp>

// What all of it takes.
#include <autodiff/cost.hpp>
