namespace TraversalLearning.Hosting;

/// <summary>A kind of work, what may go wrong in it that the user can mend, and how the program then ends. The table of them is <c>Models/ErrorTable</c>.</summary>
/// <param name="exitCode">How the program ends.</param>
/// <param name="covers">Which exceptions these are; all others are defects.</param>
public sealed class ErrorRow(ExitCode exitCode, Func<Exception, bool> covers)
{
    /// <summary>Whether an exception is one of them.</summary>
    public bool Covers(Exception e) => covers(e);

    /// <summary>The error that the user is told.</summary>
    /// <param name="e">What went wrong.</param>
    /// <param name="message">The line; <see langword="null"/> for what the exception says.</param>
    public UserErrorException Of(Exception e, string? message = null) => new(exitCode, message ?? e.Message, e);

    /// <summary>Does work of this kind.</summary>
    /// <param name="work">The work.</param>
    /// <param name="message">Makes the line; <see langword="null"/> for what the exception says.</param>
    /// <exception cref="UserErrorException">It went wrong.</exception>
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
