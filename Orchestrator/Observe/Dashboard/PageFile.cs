using Microsoft.AspNetCore.Http;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>A file of the page, from within the program.</summary>
/// <param name="ContentType">For the browser.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record PageFile(string ContentType, byte[] Content)
{
    /// <summary>The page.</summary>
    public static PageFile Index { get; } = Load("index.html", "text/html; charset=utf-8");

    /// <summary>Where the token is asked for.</summary>
    public static PageFile Login { get; } = Load("login.html", "text/html; charset=utf-8");

    /// <summary>What the page does.</summary>
    public static PageFile Script { get; } = Load("app.js", "text/javascript; charset=utf-8");

    /// <summary>How it looks.</summary>
    public static PageFile Style { get; } = Load("style.css", "text/css; charset=utf-8");

    /// <summary>The file as an answer.</summary>
    public IResult ToResult() => TypedResults.Bytes(Content, ContentType);

    private static PageFile Load(string name, string contentType) => new(contentType, EmbeddedFile.Read($"Dashboard.{name}"));
}
