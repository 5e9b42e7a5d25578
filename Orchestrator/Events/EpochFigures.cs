using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Events;

/// <summary>What a step of an epoch took, in the mean; evaluation and what comes after it left out.</summary>
/// <param name="Steps">Over how many steps.</param>
/// <param name="Budget">Where the time went.</param>
/// <param name="Visits">Nodes visited.</param>
/// <param name="SentBytes">To all nodes.</param>
/// <param name="ReceivedBytes">From all nodes.</param>
/// <param name="AllocatedBytes">Managed memory, in this process.</param>
/// <param name="ProcessorMilliseconds">What all threads of this process spent of processors, the system for them too.</param>
internal sealed record EpochFigures(
    int Steps, StepBudget Budget, double Visits, double SentBytes, double ReceivedBytes, double AllocatedBytes, double ProcessorMilliseconds)
{
    /// <summary>For <c>run.json</c>.</summary>
    public JsonObject ToJson()
    {
        using var process = Process.GetCurrentProcess();
        return new JsonObject
        {
            ["steps"] = Steps,
            ["step_ms"] = Budget.Total,
            ["step_budget_ms"] = new JsonObject
            {
                ["node_compute"] = Budget.NodeCompute,
                ["orchestrator_compute"] = Budget.OrchestratorCompute,
                ["encode_decode"] = Budget.Codec,
                ["wire_and_wait"] = Budget.WireAndWait,
                ["optimizer"] = Budget.Optimizer,
                ["other"] = Budget.Other,
            },
            ["step_visits"] = Visits,
            ["step_sent_bytes"] = SentBytes,
            ["step_received_bytes"] = ReceivedBytes,
            ["step_allocated_bytes"] = AllocatedBytes,
            ["step_processor_ms"] = ProcessorMilliseconds,
            ["peak_memory_bytes"] = process.PeakWorkingSet64,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Budget}; {SentBytes / 1e6:0.000} MB sent, {ReceivedBytes / 1e6:0.000} MB received, {AllocatedBytes / 1e3:0.0} kB allocated, {ProcessorMilliseconds:0.00} ms of processors here a step");
}
