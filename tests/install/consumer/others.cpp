#include "others.hpp"

#include <utility>

namespace others {

Eigen::VectorXd squares(Eigen::Index n) {
  Eigen::VectorXd all(n);
  for (Eigen::Index i = 0; i < n; ++i) all[i] = static_cast<double>(i * i);
  return all;
}
Eigen::MatrixXd twice(Eigen::MatrixXd taken) {
  taken *= 2;
  return taken;
}
double sum(Eigen::MatrixXd taken) {
  const Eigen::MatrixXd mine = std::move(taken);
  return mine.sum();
}

}  // namespace others
