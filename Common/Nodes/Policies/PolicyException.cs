namespace TraversalLearning.Nodes.Policies;

/// <summary>The node's policy does not allow what the orchestrator asks for. Nothing has been computed.</summary>
/// <param name="rule">The rule: a key of the policy file.</param>
/// <param name="text">What the policy allows, and what was asked for.</param>
public sealed class PolicyException(string rule, string text) : Exception($"this node's policy refuses ({CodeOf(rule)}): {text}")
{
    /// <summary>The rule.</summary>
    public string Rule { get; } = rule;

    /// <summary>The code by which the other side is told.</summary>
    public string Code => CodeOf(Rule);

    /// <summary>The reason without the code.</summary>
    public string Text { get; } = text;

    private static string CodeOf(string rule) => $"policy.{rule}";
}
