namespace TraversalLearning.Orchestration.Options;

/// <summary>Options for observing runs in progress.</summary>
/// <param name="Dashboard">The live page; <see langword="null"/> for none.</param>
/// <param name="OtlpEndpoint">The OTLP endpoint for metrics; <see langword="null"/> for none.</param>
internal sealed record ObservationOptions(DashboardOptions? Dashboard, Uri? OtlpEndpoint)
{
    /// <summary>No observation.</summary>
    public static ObservationOptions None { get; } = new(null, null);

    /// <summary>The folder of TensorBoard's files; <see langword="null"/> for none.</summary>
    public string? TensorBoard { get; init; }
}
