using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>What an attack got, compared with the truth.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Party">Who attacked.</param>
/// <param name="Attack">The attack's name.</param>
/// <param name="Step">The audited step; <see langword="null"/> for the run as a whole.</param>
/// <param name="Of">From which part of what was seen; empty for all of it.</param>
/// <param name="Measure">What was recovered, one of <see cref="Measures"/>.</param>
/// <param name="Rows">The samples that it is about; for noise, 0.</param>
internal sealed record Finding(string Exchange, string Party, string Attack, int? Step, string Of, string Measure, int Rows)
{
    /// <summary>Share that is right: of labels, of rows in their group, of rows in the class counts; the AUC of members.</summary>
    public double? Share { get; init; }

    /// <summary>The same share for somebody who saw nothing.</summary>
    public double? Chance { get; init; }

    /// <summary>Rows recovered within 1 %.</summary>
    public int? WithinOnePercent { get; init; }

    /// <summary>Rows recovered within 10 %.</summary>
    public int? WithinTenPercent { get; init; }

    /// <summary>Median relative error of a row: <c>‖x̂ − x‖ / ‖x‖</c>.</summary>
    public double? MedianError { get; init; }

    /// <summary>Of the chi-square test.</summary>
    public double? PValue { get; init; }

    /// <summary>Some of the rows, for pictures.</summary>
    [JsonIgnore]
    public IReadOnlyList<RecoveredRow> Examples { get; init; } = [];
}

/// <summary>A row as it is and as it was recovered, flat and normalised.</summary>
internal sealed record RecoveredRow(double[] Original, double[] Guess, double Error);
