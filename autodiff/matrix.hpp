#pragma once
/// \file
/// Matrices on the same tape as the scalars: the type is in matrix/var_matrix.hpp, and its operations stand by kind in
/// the other files of that folder, each as its value, its block and the function that users call.
///
/// An operation is one block on the tape, through Eigen where there is arithmetic to save. Shapes are equal, or 1 in a
/// direction in which the operand is repeated; a Var or a number counts as 1 x 1. The sweep hands nothing to operands
/// that are not on the tape.

#include <autodiff/matrix/convolution.hpp>
#include <autodiff/matrix/custom.hpp>
#include <autodiff/matrix/elementwise.hpp>
#include <autodiff/matrix/images.hpp>
#include <autodiff/matrix/losses.hpp>
#include <autodiff/matrix/normalise.hpp>
#include <autodiff/matrix/pooling.hpp>
#include <autodiff/matrix/print.hpp>
#include <autodiff/matrix/product.hpp>
#include <autodiff/matrix/reductions.hpp>
#include <autodiff/matrix/rows.hpp>
#include <autodiff/matrix/softmax.hpp>
#include <autodiff/matrix/var_matrix.hpp>
#include <autodiff/threads.hpp>
