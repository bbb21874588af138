#include "tensor/memory_weights.h"

#include <doctest/doctest.h>

#include <array>

using namespace tenon;

TEST_SUITE("memory_weights") {
  TEST_CASE("tensors are found by name and listed in the order they were added") {
    MemoryWeights weights("toy");
    weights.add("b", Tensor::from_floats({2}, std::array{1.0f, 2.0f}));
    weights.add("a", Tensor::from_floats({1, 3}, std::array{3.0f, 4.0f, 5.0f}));
    CHECK(weights.names() == std::vector<std::string>{"b", "a"});
    CHECK(weights.origin() == "toy");
    CHECK(weights.find("a")->shape == Shape{1, 3});
    CHECK(weights.find("a")->floats()[2] == 5.0f);
    CHECK_FALSE(weights.find("c").has_value());
  }

  TEST_CASE("a view stays where it is while more tensors are added") {
    MemoryWeights weights;
    weights.add("first", Tensor::from_floats({1}, std::array{7.0f}));
    const TensorView view = *weights.find("first");
    for (int i = 0; i < 1000; ++i) weights.add("t" + std::to_string(i), Tensor(DType::F32, {4}));
    CHECK(view.data == weights.find("first")->data);
    CHECK(view.floats()[0] == 7.0f);
  }

  TEST_CASE("a second tensor of the same name is refused and the first one stays") {
    MemoryWeights weights("toy");
    weights.add("w", Tensor::from_floats({1}, std::array{1.0f}));
    CHECK_THROWS_WITH_AS(weights.add("w", Tensor::from_floats({1}, std::array{2.0f})),
                         "toy: there are two tensors named \"w\"", Error);
    CHECK(weights.names().size() == 1);
    CHECK(weights.find("w")->floats()[0] == 1.0f);
  }
}
