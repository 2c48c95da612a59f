#pragma once
// All of Downhill's differentiation. Read in this order, it is the whole theory.

#include <autodiff/error.hpp>

#include <autodiff/calculus.hpp>

#include <autodiff/dual.hpp>

#include <autodiff/tape.hpp>

#include <autodiff/variable.hpp>

#include <autodiff/gradient.hpp>

#include <autodiff/constants.hpp>
#include <autodiff/derivatives.hpp>
#include <autodiff/fuse.hpp>
#include <autodiff/gradient_check.hpp>
#include <autodiff/ranges.hpp>
#include <autodiff/recompute.hpp>

#include <autodiff/matrix.hpp>

#include <autodiff/linear_algebra.hpp>

#include <autodiff/eigen.hpp>
#include <autodiff/print.hpp>

#include <autodiff/descent/minimize.hpp>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/observers.hpp>
#include <autodiff/descent/quasi_newton.hpp>
