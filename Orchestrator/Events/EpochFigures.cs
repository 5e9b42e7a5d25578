using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>What a step of an epoch took, in the mean; evaluation and what comes after it left out. In <c>run.json</c> it is <c>performance</c>.</summary>
/// <param name="Steps">Over how many steps.</param>
/// <param name="Budget">Where the time went.</param>
/// <param name="Visits">Nodes visited.</param>
/// <param name="SentBytes">To all nodes.</param>
/// <param name="ReceivedBytes">From all nodes.</param>
/// <param name="AllocatedBytes">Managed memory, in this process.</param>
/// <param name="ProcessorMilliseconds">What all threads of this process spent of processors, the system for them too.</param>
internal sealed record EpochFigures(
    [property: JsonPropertyOrder(-2)] int Steps,
    [property: JsonPropertyName("step_budget_ms"), JsonRequired] StepBudget Budget,
    [property: JsonPropertyName("step_visits")] double Visits,
    [property: JsonPropertyName("step_sent_bytes")] double SentBytes,
    [property: JsonPropertyName("step_received_bytes")] double ReceivedBytes,
    [property: JsonPropertyName("step_allocated_bytes")] double AllocatedBytes,
    [property: JsonPropertyName("step_processor_ms")] double ProcessorMilliseconds)
{
    /// <summary>The step.</summary>
    [JsonPropertyName("step_ms")]
    [JsonPropertyOrder(-1)]
    public double StepMilliseconds => Budget.Total;

    /// <summary>The most memory of this process, up to the run's end; 0 before.</summary>
    [JsonPropertyOrder(1)]
    public long PeakMemoryBytes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Budget}; {SentBytes / 1e6:0.000} MB sent, {ReceivedBytes / 1e6:0.000} MB received, {AllocatedBytes / 1e3:0.0} kB allocated, {ProcessorMilliseconds:0.00} ms of processors here a step");
}
