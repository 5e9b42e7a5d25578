namespace TraversalLearning.Orchestration.Authority;

/// <summary>A CA does not sign a request.</summary>
/// <param name="code">One of <see cref="Messages.RejectCodes"/>.</param>
/// <param name="text">Why, for the applicant.</param>
internal sealed class RefusedOrderException(string code, string text) : Exception(text)
{
    public string Code { get; } = code;
}
