using TraversalLearning.Enrolment;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>A request for a certificate whose sender has proved itself.</summary>
/// <param name="Request">The request.</param>
/// <param name="Names">The names and addresses that the certificate gets, if it is an orchestrator's.</param>
/// <param name="TokenId">The token that it proved; <see langword="null"/> for a renewal.</param>
internal sealed record SigningOrder(SigningRequest Request, IReadOnlyList<string> Names, string? TokenId)
{
    public bool IsRenewal => TokenId is null;
}
