using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>
/// Who may see the page. Where there is a token it is given once, as <c>?token=</c> or in a form, and kept by the browser as a cookie that no script can read
/// and from which the token cannot be computed; programs send it as a bearer. Where there is none, only requests for a name of this machine itself are
/// answered: a page of somebody else's, whose name has been made to mean 127.0.0.1, learns nothing.
/// </summary>
/// <param name="token">The secret, if there is one.</param>
/// <param name="port">Cookies do not know ports; the name has it.</param>
internal sealed class DashboardAccess(Token? token, int port)
{
    private const string Bearer = "Bearer ";
    private readonly string _cookieName = $"tl_dashboard_{port}";
    private readonly string? _cookie = token?.Derive("dashboard");

    /// <summary>Whether a request is for a host that is answered at all.</summary>
    public bool Serves(HttpRequest request) => token is not null || Exposure.IsLoopback(request.Host.Host.Trim('[', ']'));

    /// <summary>Whether a request comes from somebody who knows the token.</summary>
    public bool Admits(HttpRequest request) =>
        token is null
        || (request.Cookies[_cookieName] is { } cookie && Token.AreEqual(cookie, _cookie!))
        || (request.Headers.Authorization.ToString() is { } header && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && token.Is(header[Bearer.Length..].Trim()));

    /// <summary>Takes a token that was given in the address or in the form. If it is right, the browser is sent to the page with its cookie.</summary>
    /// <returns>Whether it was right.</returns>
    public async Task<bool> TryEnterAsync(HttpContext context)
    {
        string? given = HttpMethods.IsPost(context.Request.Method) && context.Request.HasFormContentType
            ? (await context.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 4 }, context.RequestAborted))["token"]
            : context.Request.Query["token"];
        if (string.IsNullOrEmpty(given) || token is null || !token.Is(given.Trim()))
        {
            return false;
        }

        context.Response.Cookies.Append(_cookieName, _cookie!, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true });
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "/";
        return true;
    }
}
