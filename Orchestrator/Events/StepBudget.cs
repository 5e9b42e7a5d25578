using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Where the time of a step goes, mean over an epoch, in milliseconds. The parts add up to the step.</summary>
/// <param name="NodeCompute">See <see cref="StepPart.NodeCompute"/>.</param>
/// <param name="OrchestratorCompute">See <see cref="StepPart.OrchestratorCompute"/>.</param>
/// <param name="Codec">See <see cref="StepPart.Codec"/>.</param>
/// <param name="WireAndWait">See <see cref="StepPart.WireAndWait"/>.</param>
/// <param name="Optimizer">See <see cref="StepPart.Optimizer"/>.</param>
/// <param name="Other">See <see cref="StepPart.Other"/>.</param>
internal sealed record StepBudget(
    double NodeCompute,
    double OrchestratorCompute,
    [property: JsonPropertyName("encode_decode")] double Codec,
    double WireAndWait,
    double Optimizer,
    double Other)
{
    /// <summary>Total duration of the step.</summary>
    [JsonIgnore]
    public double Total => NodeCompute + OrchestratorCompute + Codec + WireAndWait + Optimizer + Other;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Total:0.00} ms a step = node compute {NodeCompute:0.00} + orchestrator compute {OrchestratorCompute:0.00} + encode and decode {Codec:0.00}"
        + $" + wire and wait {WireAndWait:0.00} + optimizer {Optimizer:0.00} + other {Other:0.00}");
}
