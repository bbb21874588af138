#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor/weight_source.h"

namespace tenon {

/// Named tensors in memory: weights made by a program (initialised, trained, converted) or by a
/// test. Views stay valid while the object lives, also when more tensors are added.
class MemoryWeights : public WeightSource {
 public:
  explicit MemoryWeights(std::string origin = "memory") : origin_(std::move(origin)) {}

  /// Takes the tensor over. Throws Error(Input) for a name already there.
  void add(std::string name, Tensor tensor);

  const std::vector<std::string>& names() const override { return names_; }
  std::optional<TensorView> find(std::string_view name) const override;
  std::string origin() const override { return origin_; }

 private:
  std::string origin_;
  std::vector<std::string> names_;
  std::deque<Tensor> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace tenon
