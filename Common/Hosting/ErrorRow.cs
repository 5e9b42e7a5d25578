namespace TraversalLearning.Hosting;

/// <summary>An operation, its expected exceptions, and the resulting exit code. The table is <c>Models/ErrorTable</c>.</summary>
/// <param name="exitCode">The program's exit code.</param>
/// <param name="covers">Matches the expected exceptions; all others are defects.</param>
public sealed class ErrorRow(ExitCode exitCode, Func<Exception, bool> covers)
{
    /// <summary>Whether an exception is expected.</summary>
    public bool Covers(Exception e) => covers(e);

    /// <summary>The user error for an exception.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="message">The message; <see langword="null"/> for the exception's own.</param>
    public UserErrorException Of(Exception e, string? message = null) => new(exitCode, message ?? e.Message, e);

    /// <summary>Runs the operation and translates expected exceptions.</summary>
    /// <param name="work">The operation.</param>
    /// <param name="message">Creates the message; <see langword="null"/> for the exception's own.</param>
    /// <exception cref="UserErrorException">The operation failed with an expected exception.</exception>
    public T Guard<T>(Func<T> work, Func<Exception, string>? message = null)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (covers(e))
        {
            throw Of(e, message?.Invoke(e));
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public void Guard(Action work, Func<Exception, string>? message = null)
    {
        try
        {
            work();
        }
        catch (Exception e) when (covers(e))
        {
            throw Of(e, message?.Invoke(e));
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public async Task<T> GuardAsync<T>(Func<Task<T>> work, Func<Exception, string>? message = null)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (covers(e))
        {
            throw Of(e, message?.Invoke(e));
        }
    }
}
