#pragma once
/// \file
/// Nonlinear least squares: the least r_1(x)² + ... + r_m(x)², by methods that use each residual and the Jacobian J of
/// them all, of which a gradient shows only 2 J'r.
///
///     sum_of_squares        the objective, with weights and robust losses (robust_loss)
///     gauss_newton          whole steps to the bottom of |r + J p|
///     levenberg_marquardt   the same within a region of trust, with bounds and fixed parameters
///     parameter_errors      the covariance and the standard errors of what was fitted

#include <autodiff/descent/least_squares/gauss_newton.hpp>
#include <autodiff/descent/least_squares/levenberg_marquardt.hpp>
#include <autodiff/descent/least_squares/parameter_errors.hpp>
#include <autodiff/descent/least_squares/robust_loss.hpp>
#include <autodiff/descent/least_squares/sum_of_squares.hpp>
