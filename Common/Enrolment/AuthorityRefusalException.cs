using TraversalLearning.Wire;

namespace TraversalLearning.Enrolment;

/// <summary>The CA refused a request.</summary>
/// <param name="code">One of <see cref="Messages.RejectCodes"/>.</param>
/// <param name="text">The CA's words.</param>
public sealed class AuthorityRefusalException(string code, string text) : Exception($"the CA refused ({Printable.Escape(code)}): {Printable.Escape(text)}");
