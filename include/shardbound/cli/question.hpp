// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a command is asked: a query, and the network that it is about - of version 2 as many networks as the query
// declares, side by side. Whatever query and files do not agree on is refused.

#include <shardbound/cli/means.hpp>
#include <shardbound/io/equal_networks.hpp>
#include <shardbound/io/graph_signature.hpp>
#include <shardbound/io/onnx_lower.hpp>
#include <shardbound/io/side_by_side.hpp>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verdict.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

struct Question {
  vnnlib::Query query;
  OpenModel open;
  bool of_float32 = false;         ///< whether all that the networks take is of float32
  std::vector<std::string> notes;  ///< sentences for a person, of what was taken to be meant
};

namespace detail {

/// Files by the networks' names, as --network gives them. Throws ArgumentError.
inline std::map<std::string, std::string> network_files(const std::vector<std::string>& given) {
  std::map<std::string, std::string> files;
  for (const std::string& one : given) {
    const auto at = one.find('=');
    if (at == one.npos || at == 0 || at + 1 == one.size())
      throw ArgumentError("--network " + one + ": NAME=FILE is wanted");
    if (!files.emplace(one.substr(0, at), one.substr(at + 1)).second)
      throw ArgumentError("--network " + one.substr(0, at) + " is given twice");
  }
  return files;
}

/// A file for each network of a query, that of another one for those that are equal to it.
inline std::vector<std::string> files_for(const vnnlib::Query& query, const Options& o) {
  auto given = network_files(o.networks);
  std::vector<std::string> files;
  const auto& networks = query.networks;
  if (!o.onnx.empty()) {
    if (networks.size() > 1)
      throw ArgumentError(o.vnnlib + ": declares " + std::to_string(networks.size()) +
                          " networks. Fix: name their files with --network NAME=FILE");
    return {o.onnx};
  }
  if (query.version == vnnlib::Query::Version::one) {
    if (given.size() != 1)
      throw ArgumentError(o.vnnlib + ": asks about one network where " +
                          std::to_string(given.size()) + " are given with --network");
    return {given.begin()->second};
  }
  for (const auto& network : networks) {
    const auto found = given.find(network.name);
    if (network.relation == vnnlib::Relation::equal_to) {
      if (found != given.end())
        throw ArgumentError("--network " + network.name + ": it is equal to " +
                            networks[network.related].name + " and takes no file of its own");
      files.push_back(files[network.related]);
      continue;
    }
    if (found == given.end())
      throw ArgumentError(o.vnnlib + ": declares the network " + network.name +
                          ". Fix: give its file with --network " + network.name + "=FILE");
    files.push_back(found->second);
    given.erase(found);
  }
  if (!given.empty())
    throw ArgumentError("--network " + given.begin()->first + ": " + o.vnnlib +
                        " declares no such network");
  return files;
}

inline std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape)
    text.append(text.size() > 1 ? "," : "").append(std::to_string(extent));
  return text + "]";
}

/// Throws ArgumentError if a tensor was not declared as the file has it; `type` is what it is of where the file does not
/// say.
inline void check_tensor(const vnnlib::QueryTensor& declared, const io::ModelTensor& found,
                         io::OnnxType type, const std::string& who) {
  const std::string what = who + "'" + declared.name + "' is declared as " + declared.type + " " +
                           shape_text(declared.shape) + " where '" + found.name +
                           "' of the network is ";
  if (declared.shape != found.shape)
    throw ArgumentError(what + "of shape " + shape_text(found.shape));
  if (found.type != io::OnnxType::none) type = found.type;
  const bool single = type == io::OnnxType::float32, wide = type == io::OnnxType::float64;
  const bool real = declared.type == "real" || declared.type == "Real";
  if (real ? single || wide
           : (declared.type == "float32" && single) || (declared.type == "float64" && wide))
    return;
  throw ArgumentError(what + "of type " + io::onnx_type_name(type) +
                      (single || wide ? "" : ", which is not supported"));
}

/// Throws ArgumentError unless there are as many as were declared.
inline void check_count(std::size_t declared, std::size_t found, const std::string& who,
                        const char* what) {
  if (declared != found)
    throw ArgumentError(who + std::to_string(declared) + " " + what +
                        " are declared where the network has " + std::to_string(found));
}

/// The network that a query of version 2 declares, from its file.
inline io::Model model_for(const vnnlib::QueryNetwork& network, const std::string& file,
                           const std::string& query,
                           const std::vector<io::OnnxOperator>& operators) {
  const std::string who = query + ": network " + network.name + " (" + file + "): ";
  const auto signature = io::graph_signature(file);
  check_count(network.inputs.size(), signature.inputs.size(), who, "inputs");
  check_count(network.outputs.size(), signature.outputs.size(), who, "outputs");
  io::Wanted wanted;
  wanted.inputs = vnnlib::size_of(network.inputs);
  wanted.operators = operators;
  for (const auto& hidden : network.hidden) wanted.tensors.push_back(hidden.onnx);
  for (const auto& output : signature.outputs) wanted.tensors.push_back(output.name);
  io::Model model = io::read_onnx(file, wanted);
  check_count(network.inputs.size(), model.input_tensors.size(), who, "inputs");
  for (std::size_t i = 0; i < network.inputs.size(); ++i)
    check_tensor(network.inputs[i], model.input_tensors[i], io::OnnxType::none, who);
  std::vector<vnnlib::QueryTensor> observed = network.hidden;
  observed.insert(observed.end(), network.outputs.begin(), network.outputs.end());
  check_count(observed.size(), model.output_tensors.size(), who, "hidden tensors and outputs");
  for (std::size_t i = 0; i < observed.size(); ++i)
    check_tensor(observed[i], model.output_tensors[i], model.input_tensors[0].type, who);
  return model;
}

}  // namespace detail

/// Reads the query and the files of its networks, which may name activations with these operators besides those of the
/// library. Throws ArgumentError and FormatError.
inline Question question_of(const Options& o, const std::vector<io::OnnxOperator>& operators = {}) {
  vnnlib::Query query = vnnlib::read_query(o.vnnlib);
  const auto files = detail::files_for(query, o);
  vnnlib::join_equal_networks(query);
  const Property& property = query.property;
  std::vector<io::Model> models;
  std::vector<std::string> notes;
  if (query.version == vnnlib::Query::Version::one) {
    io::Wanted wanted{{}, property.network_outputs(), property.inputs, operators};
    if (!o.output_tensor.empty()) wanted.tensors = {o.output_tensor};
    models.push_back(io::read_onnx(files[0], wanted));
    if (o.output_tensor.empty() && io::graph_signature(files[0]).outputs.size() > 1)
      notes.push_back(files[0] + ": has several outputs; the property is taken to be about '" +
                      models[0].output_tensors.at(0).name + "' (see --output)");
  } else {
    if (!o.output_tensor.empty())
      throw ArgumentError("--output chooses for properties of VNN-LIB 1.0; " + o.vnnlib +
                          " names its outputs itself");
    for (std::size_t i = 0; i < files.size(); ++i)
      models.push_back(detail::model_for(query.networks[i], files[i], o.vnnlib, operators));
    if (query.networks[0].inputs[0].type.starts_with("float"))
      notes.push_back(o.vnnlib + ": numbers of floating-point types are taken as real numbers");
  }
  if (o.networks_known == Offer::Networks::one_type &&
      (models.size() > 1 || property.observed != Observed::outputs ||
       !query.networks[0].hidden.empty() || query.networks[0].outputs.size() > 1))
    throw ArgumentError(
        o.vnnlib +
        ": asks for more than the outputs of one network, and this verifier knows one "
        "network. Fix: use the program that opens any file");
  Question question{
      std::move(query), {io::side_by_side(std::move(models))}, true, std::move(notes)};
  io::Model& model = question.open.model;
  if (question.query.property.observed == Observed::outputs_and_inputs)
    model = io::observing_inputs(std::move(model));
  for (const io::ModelTensor& input : model.input_tensors)
    question.of_float32 = question.of_float32 && input.type == io::OnnxType::float32;
  check_property(question.query.property, model.inputs, model.outputs(), o.vnnlib);
  return question;
}

}  // namespace shardbound::inline v0::cli
