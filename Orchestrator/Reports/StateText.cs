using TraversalLearning.Orchestration.Experiments;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The states of runs in a word.</summary>
internal static class StateText
{
    /// <summary>As <c>study.json</c> has it too.</summary>
    public static string Of(StudyRunState state) => state.ToString().ToLowerInvariant();
}
