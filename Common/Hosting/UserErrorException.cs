namespace TraversalLearning.Hosting;

/// <summary>An error that the user can fix; shown as one line, without a stack trace.</summary>
public class UserErrorException(ExitCode exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The program's exit code.</summary>
    public ExitCode ExitCode { get; } = exitCode;
}
