#pragma once
// Somebody else's library, which knows Eigen and not Downhill.
#include <Eigen/Core>

namespace others {

Eigen::VectorXd squares(Eigen::Index n);
Eigen::MatrixXd twice(Eigen::MatrixXd taken);
/// Takes it, and throws it away.
double sum(Eigen::MatrixXd taken);

}  // namespace others
