using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Mean cost of a step in an epoch, without evaluation and what follows it; <c>performance</c> in <c>run.json</c>.
/// </summary>
/// <param name="Steps">Number of steps averaged over.</param>
/// <param name="Budget">Where the time went.</param>
/// <param name="Visits">Nodes visited.</param>
/// <param name="SentBytes">To all nodes.</param>
/// <param name="ReceivedBytes">From all nodes.</param>
/// <param name="AllocatedBytes">Managed memory allocated in this process.</param>
/// <param name="ProcessorMilliseconds">CPU time of all threads of this process, user and system.</param>
internal sealed record EpochFigures(
    [property: JsonPropertyOrder(-2)] int Steps,
    [property: JsonPropertyName("step_budget_ms"), JsonRequired] StepBudget Budget,
    [property: JsonPropertyName("step_visits")] double Visits,
    [property: JsonPropertyName("step_sent_bytes")] double SentBytes,
    [property: JsonPropertyName("step_received_bytes")] double ReceivedBytes,
    [property: JsonPropertyName("step_allocated_bytes")] double AllocatedBytes,
    [property: JsonPropertyName("step_processor_ms")] double ProcessorMilliseconds)
{
    /// <summary>Duration of the step.</summary>
    [JsonPropertyName("step_ms")]
    [JsonPropertyOrder(-1)]
    public double StepMilliseconds => Budget.Total;

    /// <summary>Peak memory of this process up to the run's end; 0 before.</summary>
    [JsonPropertyOrder(1)]
    public long PeakMemoryBytes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Budget}; {SentBytes / 1e6:0.000} MB sent, {ReceivedBytes / 1e6:0.000} MB received, {AllocatedBytes / 1e3:0.0} kB allocated, {ProcessorMilliseconds:0.00} ms of processors here a step");
}
