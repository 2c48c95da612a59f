#pragma once
/// \file
/// Linear algebra on matrices of the tape, each operation one block with an exact pull-back:
///
///     solve(A, B)                A^-1 B                                          solve.hpp
///     inverse(A)                 A^-1
///     cholesky(A)                the L of A = L L'
///     determinant(A)             |A|, with the adjugate for its gradient         determinant.hpp
///     log_determinant(A)         log |det A|
///     solve_least_squares(A, B)  the X with the least |A X - B|                  least_squares.hpp
///     eigenvalues_symmetric(A)   in ascending order                              spectrum.hpp
///     singular_values(A)         in descending order
///
/// They are right on diagonal, triangular and identity matrices as on any, where a factorisation that was written for
/// plain numbers and is given numbers that carry derivatives may lose them (see eigen.hpp). Values follow IEEE 754: a
/// singular matrix gives infinities and NaN, and throws nothing; a shape that does not fit throws ShapeError.
///
/// Source: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
/// (2008), and the extended version, "An extended collection of matrix derivative results" (2008), by whose sections
/// the parts are cited.

#include <autodiff/linear_algebra/determinant.hpp>
#include <autodiff/linear_algebra/least_squares.hpp>
#include <autodiff/linear_algebra/solve.hpp>
#include <autodiff/linear_algebra/spectrum.hpp>
