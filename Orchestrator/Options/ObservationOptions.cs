namespace TraversalLearning.Orchestration.Options;

/// <summary>How runs are looked at while they go on.</summary>
/// <param name="Dashboard">The live page; <see langword="null"/> for none.</param>
/// <param name="OtlpEndpoint">Where metrics are sent to; <see langword="null"/> for nowhere.</param>
internal sealed record ObservationOptions(DashboardOptions? Dashboard, Uri? OtlpEndpoint)
{
    /// <summary>Nobody looks.</summary>
    public static ObservationOptions None { get; } = new(null, null);

    /// <summary>The folder of TensorBoard's files; <see langword="null"/> for none.</summary>
    public string? TensorBoard { get; init; }
}
