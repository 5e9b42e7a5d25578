namespace TraversalLearning.Hosting;

/// <summary>Something that the user can mend: shown as this one line, without a stack trace.</summary>
public class UserErrorException(ExitCode exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How the program ends.</summary>
    public ExitCode ExitCode { get; } = exitCode;
}
