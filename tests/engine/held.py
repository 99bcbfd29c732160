"""Where each rule of autonomy is held: its number, and the tests that fail when it is not."""

HELD: dict[int, list[str]] = {
    1: [
        "tests/engine/test_levels.py::test_nothing_granted_is_off",
        "tests/engine/test_levels.py::test_a_level_that_cannot_be_read_is_off",
        "tests/engine/test_gate.py::test_a_level_that_nobody_knows_is_off",
    ],
    2: [
        "tests/engine/test_gate.py::test_levels_by_scope",
        "tests/engine/test_levels.py::test_levels_by_verb",
        "tests/house/test_promotion.py::test_one_verb_alone_and_down_with_all",
    ],
    3: [
        "tests/laws/test_restrained.py::test_nobody_is_called",
        "tests/laws/test_restrained.py::test_off_thinks_nothing",
        "tests/laws/test_restrained.py::test_off_writes_nothing",
        "tests/laws/test_restrained.py::test_shadow_decides_and_records",
    ],
    4: [
        "tests/laws/test_restrained.py::test_what_shadow_leaves_changes_nothing_later",
        "tests/laws/test_restrained.py::test_no_rows_are_added",
    ],
    5: ["tests/house/test_promotion.py::test_one_rung_at_a_time_and_down_at_once"],
    6: [
        "tests/house/test_promotion.py::test_evidence_that_is_missing_is_named",
        "tests/house/test_promotion.py::test_to_auto_two_people_ask",
    ],
    7: [
        "tests/house/test_promotion.py::test_to_auto_two_people_ask",
        "tests/house/test_promotion.py::test_who_edited_the_settings_last_does_not_promote",
        "tests/house/test_promotion.py::test_who_edited_after_asking_counts_no_more",
    ],
    8: [
        "tests/house/test_code.py::test_another_room_is_other_code",
        "tests/house/test_code.py::test_another_library_is_other_code",
        "tests/house/test_proof.py::test_code_that_decides_otherwise_goes_to_shadow",
        "tests/house/test_proof.py::test_a_setting_that_changes_decisions_goes_to_shadow",
    ],
    9: [
        "tests/house/test_promotion.py::test_bad_or_missing_outcomes_take_the_level",
        "tests/engine/test_levels.py::test_demotion_bites_at_the_next_tick",
    ],
    10: ["tests/engine/test_desk.py::test_a_sample_is_drawn"],
    11: ["tests/engine/test_gate.py::test_each_clause"],
    12: [
        "tests/engine/test_desk.py::test_newer_parameters_void_the_yes",
        "tests/engine/test_desk_shown.py::test_a_yes_is_to_what_is_shown",
    ],
    13: [
        "tests/engine/test_desk_shown.py::test_nothing_of_it_is_cut",
        "tests/engine/test_desk_shown.py::test_what_a_no_comes_to",
        "tests/engine/test_desk_shown.py::test_what_else_is_about_the_same_subject",
    ],
    14: ["tests/engine/test_desk_edits.py::test_who_edited_it_is_no_approver"],
    15: ["tests/engine/test_desk.py::test_two_people_where_two_are_asked_for"],
    16: ["tests/engine/test_desk.py::test_authority_by_role_and_amount"],
    17: [
        "tests/engine/test_desk.py::test_silence_is_no",
        "tests/engine/test_desk.py::test_a_late_yes_never_acts",
    ],
    18: ["tests/engine/test_desk.py::test_silence_is_no"],
    19: [
        "tests/engine/test_desk.py::test_what_is_not_proposed_any_more_is_stale",
        "tests/engine/test_desk_edits.py::test_what_is_not_proposed_any_more_is_stale",
    ],
    20: [
        "tests/engine/test_desk.py::test_no_needs_a_reason_and_is_kept",
        "tests/engine/test_desk_edits.py::test_an_edit_is_asked_anew_and_acts_instead",
        "tests/engine/test_desk_edits.py::test_a_yes_to_the_old_one_is_void",
    ],
    21: [
        "tests/engine/test_desk.py::test_no_needs_a_reason_and_is_kept",
        "tests/engine/test_desk_edits.py::test_an_edit_is_asked_anew_and_acts_instead",
    ],
    22: [
        "tests/engine/test_episodes.py::test_the_same_again_is_the_same_decision",
        "tests/engine/test_episodes.py::test_newer_parameters_supersede_what_is_undecided",
        "tests/engine/test_episodes.py::test_of_two_in_one_thought_one_is_decided",
    ],
    27: [
        "tests/tidy_rules.py::performing",
        "tests/engine/test_rules.py::test_only_the_house_makes_connectors",
    ],
    28: [
        "tests/engine/test_hands.py::test_sent_is_durable_before_the_call",
        "tests/engine/test_deaths.py::test_a_process_that_is_gone_leaves_one_effect",
    ],
    29: [
        "tests/engine/test_hands.py::test_sent_is_durable_before_the_call",
        "tests/engine/test_deaths.py::test_a_death_in_the_call_is_settled_as_the_connector_says",
        "tests/engine/test_settlement.py::test_it_stands_as_a_person_says",
        "tests/engine/test_settlement.py::test_it_is_settled_once",
    ],
    30: [
        "tests/engine/test_hands.py::test_a_level_lowered_in_between_forbids_the_call",
        "tests/engine/test_hands.py::test_a_call_in_flight_is_not_repeated_at_a_lower_level",
        "tests/engine/test_hands.py::test_a_level_lowered_by_the_owner_bites_before_the_next_call",
        "tests/engine/test_hands.py::test_what_expired_in_between_is_not_called",
        "tests/engine/test_hands.py::test_a_cap_lowered_in_between_forbids_the_call",
    ],
    31: ["tests/engine/test_hands.py::test_no_more_than_one_process_at_a_time"],
    32: [
        "tests/laws/test_declared.py::test_verb_says_whether_it_can_be_undone",
        "tests/engine/test_rules.py::test_what_declares_nothing_stays_at_approve",
    ],
    33: [
        "tests/engine/test_undo.py::test_what_the_house_did_itself_is_taken_back",
        "tests/engine/test_undo.py::test_once_and_no_more",
        "tests/engine/test_undo.py::test_a_release_gone_wrong",
    ],
    35: [
        "tests/engine/test_levels.py::test_shadow_parameters_are_those_that_auto_would_use",
        "tests/engine/test_hands.py::test_a_call_is_one_and_says_what_was_decided",
    ],
    36: [
        "tests/house/test_promotion.py::test_a_stop_holds_everything_until_two_let_go",
        "tests/house/test_promotion.py::test_a_stop_file_that_is_broken_stops_all",
        "tests/cli/test_live.py::test_a_stop_is_obeyed_within_two_seconds",
    ],
    37: [
        "tests/engine/test_caps.py::test_no_cap_is_ever_broken",
        "tests/engine/test_caps.py::test_over_a_cap_is_asked_not_dropped",
        "tests/engine/test_caps.py::test_more_caps_never_more_actions",
        "tests/engine/test_reach.py::test_no_share_is_ever_broken",
        "tests/engine/test_reach.py::test_at_the_call_too",
    ],
    40: ["tests/house/test_promotion.py::test_bad_or_missing_outcomes_take_the_level"],
    43: [
        "tests/engine/test_gate.py::test_nobody_is_reached_twice_on_one_channel",
        "tests/engine/test_gate.py::test_the_cool_down_reaches_back",
        "tests/engine/test_rules.py::test_both_of_a_conflict_are_recorded",
    ],
    44: ["tests/customers/test_second_health.py::test_equals_the_second_calculation"],
    45: ["tests/engine/test_gate.py::test_a_confidence_that_is_none_asks_a_person"],
    46: [
        "tests/engine/test_rules.py::test_text_from_outside_changes_no_level",
        "tests/engine/test_rules.py::test_what_only_we_say_is_not_taken_from_outside",
    ],
    47: [
        "tests/engine/test_hands_onward.py::test_a_refused_notice_goes_out_once_more",
        "tests/engine/test_hands_onward.py::test_never_both",
    ],
    56: [
        "tests/house/test_verify.py::test_a_value_edited",
        "tests/house/test_verify.py::test_a_record_deleted",
        "tests/house/test_verify.py::test_a_record_inserted",
        "tests/house/test_verify.py::test_two_records_swapped",
    ],
    57: [
        "tests/house/test_verify_ledger.py::test_the_tail_cut_off",
        "tests/engine/test_rules.py::test_a_head_kept_elsewhere_finds_another_past",
    ],
    58: [
        "tests/laws/test_known.py::test_kept_equals_its_rebuild",
        "tests/laws/test_rebuilt.py::test_levels",
        "tests/laws/test_rebuilt.py::test_use_of_caps",
    ],
    59: [
        "tests/laws/test_same_bytes.py::test_flights_equal_over_threads_and_processes",
        "tests/laws/test_pure.py::test_same_facts_same_decisions",
        "tests/engine/test_loop.py::test_a_death_at_any_tick_changes_no_record",
    ],
    60: [
        "tests/engine/test_gate.py::test_a_counterfactual_flips_its_clause",
        "tests/engine/test_desk.py::test_an_explanation_says_what_would_flip",
        "tests/engine/test_contact_times.py::test_a_refusal_says_why_and_what_would_change_it",
    ],
    61: [
        "tests/house/test_erase.py::test_erased",
        "tests/toy/test_mail.py::test_an_erased_customer_gets_no_mail",
    ],
    64: [
        "tests/engine/test_clock.py::test_a_clock_that_goes_back_is_refused",
        "tests/engine/test_loop.py::test_a_house_s_clock_does_not_go_back",
        "tests/engine/test_loop.py::test_a_cadence_keeps_its_hour_on_the_wall",
        "tests/tidy_rules.py::wall_clock",
    ],
    65: [
        "tests/house/test_scorecard_rates.py::test_both_counts_are_the_slow_one",
        "tests/house/test_scorecard_rates.py::test_only_what_stands_is_automated",
    ],
    66: ["tests/house/test_scorecard_rates.py::test_the_card_of_a_house_is_what_its_ledger_says"],
    67: ["tests/engine/test_automation_rate.py::test_the_rate_is_what_the_ledger_says"],
}
