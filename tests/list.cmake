# SPDX-License-Identifier: BSD-3-Clause

# Every test, one line each: include/shardbound/<floor>/<x>.hpp -> <floor>/<x>_test.cpp. Read by
# tests/CMakeLists.txt, which builds them, and by keepers/tests_present.cmake, which looks for gaps. LONG
# and ALONE: tests/CMakeLists.txt.

shardbound_tests(core ALONE
  shape_test.cpp
  geometry_test.cpp
  views_test.cpp
  memory_test.cpp
  rounding_test.cpp
  decimal_test.cpp
  directed_test.cpp
  context_test.cpp
  concepts_test.cpp
  bfloat16_test.cpp
  bytes_test.cpp
  worker_pool_test.cpp
)

shardbound_tests(sharding ALONE
  placement_test.cpp
  policy_test.cpp
  policies_test.cpp
  panels_test.cpp
  partition_test.cpp
)

shardbound_tests(relax LONG ALONE
  line_test.cpp
  coefficients_test.cpp
  free_slope_test.cpp
  gaps_test.cpp
  relu_test.cpp
  leaky_relu_test.cpp
  s_shaped_test.cpp
  hard_sigmoid_test.cpp
  chord_test.cpp
  bent_test.cpp
  exp_test.cpp
  log_test.cpp
  sqrt_test.cpp
  reciprocal_test.cpp
  square_test.cpp
  softplus_test.cpp
  power_test.cpp
  abs_test.cpp
  clip_test.cpp
  sign_test.cpp
  floor_test.cpp
  erf_test.cpp
  atan_test.cpp
  gelu_test.cpp
  periodic_test.cpp
  sin_test.cpp
  cos_test.cpp
)

shardbound_tests(expr ALONE
  node_test.cpp
  line_source_test.cpp
  chain_test.cpp
  row_constants_test.cpp
  calls_test.cpp
  slope_calls_test.cpp
  split_calls_test.cpp
  split_lines_test.cpp
  neuron_test.cpp
  free_neuron_test.cpp
  mixed_calls_test.cpp
  mixed_rows_test.cpp
  mixed_test.cpp
  softmax_test.cpp
)

shardbound_tests(layer ALONE
  layer_test.cpp
  input_test.cpp
  flatten_test.cpp
  linear_test.cpp
  convolution_test.cpp
  scale_shift_test.cpp
  activation_test.cpp
)

shardbound_tests(backend
  eigen/lane_sums_test.cpp
  eigen/windows_test.cpp
  eigen/sweep_test.cpp
  eigen/mixed_test.cpp
  eigen/slopes_test.cpp
  eigen/pointwise_test.cpp
  eigen/affine_test.cpp
  eigen/rows_test.cpp
  eigen/backend_test.cpp
)

shardbound_tests(backend LONG
  eigen/product_test.cpp
)

shardbound_tests(comm ALONE
  self_test.cpp
  any_test.cpp
  imagined_test.cpp
  threads_test.cpp
)

shardbound_mpi_tests(comm "1;2;3;4"  # ranks.cmake
  mpi_test.cpp
)

shardbound_tests(network
  sequential_test.cpp
  functions_test.cpp
  plan_test.cpp
  regions_test.cpp
  row_col_test.cpp
  layout_test.cpp
  exchange_test.cpp
  kernels_test.cpp
  plan_of_test.cpp
  planned_network_test.cpp
  schedule_test.cpp
  sharded_tensor_test.cpp
  layer_parameters_test.cpp
  parameter_setters_test.cpp
  gather_table_test.cpp
  instance_test.cpp
)

shardbound_tests(network LONG
  turn_test.cpp
)

shardbound_tests(spec ALONE
  property_test.cpp
  half_spaces_test.cpp
  input_set_test.cpp
)

shardbound_tests(bound
  host_rows_test.cpp
  method_test.cpp
  row_lists_test.cpp
  frozen_list_test.cpp
  trace_test.cpp
  neuron_lists_test.cpp
  regional_waves_test.cpp
  packed_regions_test.cpp
  free_activations_test.cpp
  row_slopes_test.cpp
  parts_test.cpp
  row_splits_test.cpp
  split_lines_test.cpp
  split_slots_test.cpp
  wave_test.cpp
  objective_test.cpp
  output_rows_test.cpp
  standing_test.cpp
  shared_product_test.cpp
  domain_state_test.cpp
  tiles_test.cpp
  waves_test.cpp
  method_plan_test.cpp
  given_planes_test.cpp
  query_rows_test.cpp
  row_steps_test.cpp
  row_climb_test.cpp
  kept_rows_test.cpp
  slot_coefficients_test.cpp
  linear_bounds_test.cpp
  row_pass_test.cpp
  pass_test.cpp
  ibp_test.cpp
  crown_ibp_test.cpp
  crown_test.cpp
  optimised_list_test.cpp
  alpha_crown_test.cpp
  beta_crown_test.cpp
  linearization_test.cpp
  engine_of_test.cpp
  print_test.cpp
)

shardbound_tests(bound LONG
  optimiser_test.cpp
)

shardbound_tests(verify ALONE
  clause_test.cpp
  input_rows_test.cpp
  box_clip_test.cpp
  open_boxes_test.cpp
  waiting_parts_test.cpp
  implied_splits_test.cpp
  plane_test.cpp
  search_progress_test.cpp
)

shardbound_tests(verify
  certificate_test.cpp
  combination_test.cpp
  judge_test.cpp
  crossings_test.cpp
  descent_test.cpp
  attack_test.cpp
  box_bounder_test.cpp
  of_all_ranks_test.cpp
  gathered_outcomes_test.cpp
  input_search_test.cpp
  neuron_scores_test.cpp
  branch_and_bound_test.cpp
  search_part_test.cpp
  search_memory_test.cpp
  part_judge_test.cpp
  neuron_bounds_test.cpp
  region_rows_test.cpp
  verdict_test.cpp
  verify_test.cpp
  verify_network_test.cpp
)

shardbound_tests(verify LONG
  neuron_search_test.cpp
  dealt_search_test.cpp
  search_neurons_test.cpp
  search_on_ranks_test.cpp
)

shardbound_clp_tests(verify ALONE clp_test.cpp)
shardbound_clp_tests(verify exact_leaves_test.cpp)
shardbound_clp_tests(verify LONG exhaustive_test.cpp)

shardbound_tests(io ALONE
  file_test.cpp
  file_kind_test.cpp
  wire_test.cpp
  onnx_type_test.cpp
  onnx_tensor_test.cpp
  onnx_numbers_test.cpp
  onnx_graph_test.cpp
  onnx_external_test.cpp
  onnx_order_test.cpp
  onnx_shape_test.cpp
  index_map_test.cpp
  onnx_value_test.cpp
  onnx_scope_test.cpp
  onnx_attributes_test.cpp
  onnx_operators_test.cpp
  onnx_indices_test.cpp
  onnx_concat_test.cpp
  onnx_windows_test.cpp
  onnx_convolution_test.cpp
  onnx_pooling_test.cpp
  onnx_pad_test.cpp
  onnx_resize_test.cpp
  onnx_softmax_test.cpp
  onnx_products_test.cpp
  onnx_elementwise_test.cpp
  onnx_power_test.cpp
  onnx_clamp_test.cpp
  onnx_reduce_test.cpp
  onnx_fold_test.cpp
  onnx_fold_products_test.cpp
  onnx_rules_test.cpp
  wanted_test.cpp
  graph_signature_test.cpp
  onnx_lower_test.cpp
  step_test.cpp
  layer_graph_test.cpp
  onnx_wanted_test.cpp
  onnx_field_test.cpp
  series_parallel_test.cpp
  folded_test.cpp
  scale_shift_test.cpp
  parameter_test.cpp
  layer_types_test.cpp
  generate_test.cpp
  exact_test.cpp
  affine_test.cpp
  element_type_test.cpp
  query_test.cpp
  equal_networks_test.cpp
  onnx_support_test.cpp
  vnnlib_formula_test.cpp
  vnnlib_property_test.cpp
  vnnlib2_text_test.cpp
  onnx_test.cpp
)

shardbound_tests(io LONG ALONE
  vnnlib_test.cpp
  vnnlib_text_test.cpp
)

shardbound_tests(io
  side_by_side_test.cpp
  load_test.cpp
  model_plan_test.cpp
  open_test.cpp
)

shardbound_tests(cli ALONE
  nearest_test.cpp
  output_file_test.cpp
  axis_test.cpp
  svg_test.cpp
  picture_test.cpp
  search_trace_test.cpp
  policies_test.cpp
  stray_words_test.cpp
)

shardbound_tests(cli
  checks_test.cpp
  add_option_test.cpp
  slope_options_test.cpp
  help_test.cpp
  options_test.cpp
  launch_test.cpp
  results_test.cpp
  capabilities_test.cpp
  question_test.cpp
  progress_test.cpp
  search_picture_test.cpp
  json_report_test.cpp
  text_report_test.cpp
  instances_test.cpp
  make_backend_test.cpp
  means_test.cpp
  draw_boxes_test.cpp
  bound_boxes_test.cpp
  make_unit_test.cpp
  make_runner_unit_test.cpp
  commands_test.cpp
  runner_commands_test.cpp
  front_end_test.cpp
)

shardbound_tests(cli load_module_test.cpp)  # modules.cmake wants a program of its name
shardbound_tests(cli LONG random_queries_test.cpp)

# ---- across floors ---------------------------------------------------------------------------
shardbound_tests(soundness LONG
  sampling_test.cpp
  convolutions_test.cpp
  activations_test.cpp
  bits_test.cpp
  optimised_test.cpp
  optimised_bits_test.cpp
  rounding_test.cpp
  overflow_test.cpp
  cancelling_test.cpp
  graphs_test.cpp
  mixed_test.cpp
)

shardbound_tests(ranks LONG
  replicated_test.cpp
  split_test.cpp
  random_policies_test.cpp
  convolutions_test.cpp
  failure_test.cpp
  memory_test.cpp
  rounding_test.cpp
)
shardbound_mpi_tests(ranks "1;2;3;4;7;8" processes_test.cpp)

shardbound_tests(oracle LONG
  typed_test.cpp
  networks_test.cpp
  oracle_test.cpp
  alpha_test.cpp
  expected_test.cpp
  queries_test.cpp
  ranks_test.cpp
  operators_test.cpp
)

shardbound_cuda_tests(  # cuda.cmake
  bits_test.cu
  methods_test.cu
  planned_test.cu
  mixed_test.cu
  convolutions_test.cu
  slopes_test.cu
  memory_test.cu
)
shardbound_cuda_tests(NCCL nccl_test.cu)

shardbound_tests(paper
  mlp_2_2_1_test.cpp
  residual_test.cpp
  mlp_2_3_3_2_test.cpp
  mixed_test.cpp
  maps_test.cpp
)
